-- Published numbers beside ours (errors in percent), and the difference
SELECT paper, source, experiment, profile, cell, encoder, recipe, split, metric,
       round(scale * published, 3) AS published,
       round(scale * published_std, 3) AS published_std, n AS seeds,
       round(scale * ours, 3) AS ours, round(scale * ours_std, 3) AS ours_std,
       round(scale * difference, 3) AS difference
FROM (SELECT *, CASE WHEN metric IN ('loss', 'perplexity') THEN 1 ELSE 100 END AS scale
      FROM v_published_vs_ours)
ORDER BY experiment, cell, split, metric, encoder, profile, recipe;
