-- Accuracy in percent on every split: mean and spread over seeds, chance beside it
SELECT s.experiment, s.profile, s.cell, s.variant, s.recipe, s.split, s.n AS seeds,
       round(100 * s.mean, 2) AS accuracy, round(100 * s.std, 2) AS std,
       round(100 * s.min, 2) AS worst_seed, round(100 * s.max, 2) AS best_seed,
       round(100 * c.mean, 2) AS chance
FROM v_summary AS s
LEFT JOIN v_summary AS c
       ON (c.experiment, c.profile, c.cell, c.recipe)
          = (s.experiment, s.profile, s.cell, s.recipe) AND c.split = s.split AND c.metric = 'chance'
WHERE s.metric = 'accuracy'
ORDER BY s.experiment, s.profile, s.cell, s.split, s.mean DESC;
