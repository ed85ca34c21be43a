-- Accuracy in percent on every split: mean and spread over seeds, chance beside it
WITH score AS (
    SELECT * FROM v_summary WHERE metric IN ('accuracy', 'chance')
)
SELECT experiment, profile, cell, variant, recipe, split,
       max(n) FILTER (WHERE metric = 'accuracy') AS seeds,
       round(100 * max(mean) FILTER (WHERE metric = 'accuracy'), 2) AS accuracy,
       round(100 * max(std) FILTER (WHERE metric = 'accuracy'), 2) AS std,
       round(100 * max(min) FILTER (WHERE metric = 'accuracy'), 2) AS worst_seed,
       round(100 * max(max) FILTER (WHERE metric = 'accuracy'), 2) AS best_seed,
       round(100 * max(mean) FILTER (WHERE metric = 'chance'), 2) AS chance
FROM score
GROUP BY experiment, profile, cell, variant, recipe, split
HAVING count(*) FILTER (WHERE metric = 'accuracy') > 0
ORDER BY experiment, profile, cell, split, max(mean) FILTER (WHERE metric = 'accuracy') DESC;
