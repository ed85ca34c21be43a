-- Share of seeds that solve a split: token error at most 1 %
SELECT experiment, profile, cell, variant, recipe, split, count(token_error) AS seeds,
       count(*) FILTER (WHERE token_error <= 0.01) AS solved,
       round(1.0 * count(*) FILTER (WHERE token_error <= 0.01)
             / nullif(count(token_error), 0), 3) AS share
FROM v_result
WHERE state = 'done'
GROUP BY experiment, profile, cell, variant, recipe, split
ORDER BY experiment, profile, cell, split, share DESC, variant;
