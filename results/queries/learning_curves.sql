-- Token error in percent at each measured step: mean, lowest and highest over seeds
WITH member AS MATERIALIZED ( -- series: a number for what is averaged, quicker than its names
    SELECT run_id, experiment, profile, cell, variant, recipe,
           dense_rank() OVER (ORDER BY experiment, profile, cell, variant, recipe) AS series
    FROM v_run
), point AS (
    SELECT m.series, max(m.run_id) AS run_id, c.split, c.step, count(c.token_error) AS seeds,
           avg(c.token_error) AS mean, min(c.token_error) AS lowest,
           max(c.token_error) AS highest
    FROM member AS m JOIN curve AS c USING (run_id) GROUP BY m.series, c.split, c.step
)
SELECT m.experiment, m.profile, m.cell, m.variant, m.recipe, p.split, p.step, p.seeds,
       round(100 * p.mean, 3) AS token_error, round(100 * p.lowest, 3) AS lowest,
       round(100 * p.highest, 3) AS highest
FROM point AS p JOIN member AS m USING (series, run_id)
ORDER BY p.series, p.split, p.step;
