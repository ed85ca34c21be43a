-- Loss of a text by the token's position in its window, in 16 parts of it, over all seeds
WITH p AS (
    SELECT r.experiment, r.profile, r.cell, r.variant, r.recipe, r.seed, s.split,
           s.value AS position, s.places AS tokens, s.nats,
           max(s.value) OVER (PARTITION BY r.recipe, s.split) + 1 AS window_tokens
    FROM v_run AS r JOIN stratum AS s USING (run_id)
    WHERE r.state = 'done' AND r.task = 'text' AND s.name = 'position'
), part AS (
    SELECT experiment, profile, cell, split, variant, recipe, seed,
           16 * position / window_tokens AS part, min(position) AS first,
           max(position) AS last, sum(tokens) AS tokens, sum(nats) AS nats
    FROM p GROUP BY experiment, profile, cell, split, variant, recipe, seed, part
)
SELECT experiment, profile, cell, split, min(first) AS first, max(last) AS last, variant,
       recipe, count(DISTINCT seed) AS seeds, sum(tokens) AS tokens,
       round(sum(nats) / sum(tokens), 5) AS loss,
       round(min(nats / tokens), 5) AS best_seed, round(max(nats / tokens), 5) AS worst_seed
FROM part
GROUP BY experiment, profile, cell, split, variant, recipe, part
ORDER BY experiment, profile, cell, split, part, variant, recipe;
