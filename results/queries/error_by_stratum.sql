-- Token error by what makes a place hard, over the places of all seeds
SELECT experiment, profile, cell, split, stratum, value, variant, recipe,
       count(DISTINCT seed) AS seeds, sum(wrong) AS wrong, sum(places) AS places,
       round(1.0 * sum(wrong) / nullif(sum(places), 0), 5) AS error,
       round(min(error), 5) AS best_seed, round(max(error), 5) AS worst_seed
FROM v_stratum
WHERE state = 'done'
GROUP BY experiment, profile, cell, split, stratum, value, variant, recipe
ORDER BY experiment, profile, cell, split, stratum, value, variant, recipe;
