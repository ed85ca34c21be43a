-- Token error by what makes a place hard, over the places of all seeds
WITH member AS MATERIALIZED ( -- asked, series: numbers for names, which are quicker to sort
    SELECT run_id, experiment, profile, cell, variant, recipe,
           dense_rank() OVER (ORDER BY experiment, profile, cell) AS asked,
           dense_rank() OVER (ORDER BY experiment, profile, cell, variant, recipe) AS series
    FROM v_run WHERE state = 'done'
), series AS MATERIALIZED (
    SELECT DISTINCT series, asked, experiment, profile, cell, variant, recipe FROM member
), sums AS (
    SELECT m.series, s.split, s.name, s.value,
           count(*) AS seeds, sum(s.wrong) AS wrong, sum(s.places) AS places,
           min(CAST(s.wrong AS REAL) / s.places) AS best,
           max(CAST(s.wrong AS REAL) / s.places) AS worst
    FROM member AS m JOIN stratum AS s USING (run_id)
    GROUP BY m.series, s.split, s.name, s.value
)
SELECT m.experiment, m.profile, m.cell, s.split, s.name AS stratum, s.value, m.variant,
       m.recipe, s.seeds, s.wrong, s.places,
       CAST(1e5 * s.wrong / s.places + 0.5 AS INTEGER) / 1e5 AS error,
       CAST(1e5 * s.best + 0.5 AS INTEGER) / 1e5 AS best_seed,
       CAST(1e5 * s.worst + 0.5 AS INTEGER) / 1e5 AS worst_seed
FROM sums AS s CROSS JOIN series AS m USING (series)
ORDER BY m.asked, s.split, s.name, s.value, s.series;
