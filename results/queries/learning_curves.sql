-- Token error in percent at each measured step: mean, lowest and highest over seeds
SELECT experiment, profile, cell, variant, recipe, split, step, count(token_error) AS seeds,
       round(100 * avg(token_error), 3) AS token_error,
       round(100 * min(token_error), 3) AS lowest,
       round(100 * max(token_error), 3) AS highest
FROM v_curve
GROUP BY experiment, profile, cell, variant, recipe, split, step
ORDER BY experiment, profile, cell, variant, recipe, split, step;
