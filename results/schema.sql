-- schema.sql -- the results database, version 6. A change to a table, an
-- index or a view raises the version and adds a step to store_migrate.c, if need be an empty
-- one: views are made anew from here, and a file of this version whose objects are not these
-- is refused (store_guard.c).
--
-- Tables are filled by store.c; what a person asks are the views at the end, whose
-- names and columns stay as they are. Everything works in the plain sqlite3 shell:
--
--     sqlite3 results.db "SELECT experiment, cell, variant, split, mean, std, n
--                         FROM v_summary WHERE metric = 'token_error'"
--
-- Fractions are stored in [0, 1]; tables print percent. A value of NULL means "not
-- available" (n/a): the encoder has no value there. Times are ISO 8601 in UTC. Names are
-- those of the experiment file; no number stands for a name.

PRAGMA application_id = 1886352226; -- the letters "posb"
PRAGMA user_version = 6;

-- What produced a run: program, machine and experiment file. Equal rows are stored once.
CREATE TABLE provenance (
    id           INTEGER PRIMARY KEY,
    version      TEXT NOT NULL,    -- of posbench
    git_commit   TEXT NOT NULL,
    dirty        INTEGER NOT NULL, -- 1: the sources had changes beyond the commit
    compiler     TEXT NOT NULL,
    flags        TEXT NOT NULL,
    kernel_isa   TEXT NOT NULL,    -- level of our own kernels
    blas         TEXT NOT NULL,    -- name and configuration
    blas_core    TEXT NOT NULL,    -- kernels the BLAS chose, such as SkylakeX
    blas_threads INTEGER NOT NULL,
    cpu          TEXT NOT NULL,
    host         TEXT NOT NULL,
    yaml_hash    TEXT NOT NULL     -- of the experiment file's bytes
) STRICT;

-- What runs have in common that differ in nothing but the seed. The id is that of the first
-- such run.
CREATE TABLE recipe (
    id       INTEGER PRIMARY KEY,
    settings TEXT NOT NULL UNIQUE -- variant, version of the task, configuration without seed
) STRICT;

-- One cell of the matrix with one seed. Experiment, profile and cell are those by which it
-- was first asked for; all of them stand in `membership`.
CREATE TABLE run (
    id            INTEGER PRIMARY KEY,
    identity      TEXT NOT NULL UNIQUE, -- hash of the resolved configuration
    experiment    TEXT NOT NULL,
    profile       TEXT NOT NULL,
    cell          TEXT NOT NULL DEFAULT '', -- the grid's values; '' without a grid
    task          TEXT NOT NULL,
    task_version  INTEGER NOT NULL,
    encoder       TEXT NOT NULL, -- name alone: cope
    variant       TEXT NOT NULL, -- name and options that were set: cope(p_max=64)
    seed          INTEGER NOT NULL,
    config        TEXT NOT NULL CHECK (json_valid(config)), -- everything, resolved
    state         TEXT NOT NULL DEFAULT 'new'
                  CHECK (state IN ('new', 'running', 'done', 'failed', 'interrupted')),
    error         TEXT,    -- why it failed or was interrupted
    steps         INTEGER,
    parameters    INTEGER,
    flops         REAL,    -- of the model, training and evaluation, with what its encoder
                           -- counts of itself (none does in runs before schema 3)
    wall_s        REAL,
    cpu_s         REAL,    -- of all its threads
    tokens_per_s  REAL,    -- of training, by the clock: it falls on a busy machine
    peak_memory_mib REAL,
    started       TEXT,
    ended         TEXT,
    provenance_id INTEGER REFERENCES provenance (id),
    removed       TEXT,    -- when `posbench rm` marked it; only v_score shows such a run
    attempts      INTEGER NOT NULL DEFAULT 0, -- how many times it was begun
    weights_hash  TEXT,    -- XXH3 (128 bits, hex) of its file of weights; NULL: not known
    recipe_id     INTEGER  -- its recipe
) STRICT;
CREATE INDEX run_by_experiment ON run (experiment, profile, cell, variant, seed);
CREATE INDEX run_by_provenance ON run (provenance_id);

-- Where experiment files ask for a run: several profiles, or several cells of grids, may
-- share one. `run` renews it.
CREATE TABLE membership (
    id         INTEGER PRIMARY KEY,
    run_id     INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    experiment TEXT NOT NULL,
    profile    TEXT NOT NULL,
    cell       TEXT NOT NULL DEFAULT '',
    UNIQUE (run_id, experiment, profile)
) STRICT;
CREATE INDEX membership_by_experiment ON membership (experiment, profile, cell);

-- Every time that a run was begun, and what became of it.
CREATE TABLE attempt (
    id            INTEGER PRIMARY KEY,
    run_id        INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    n             INTEGER NOT NULL, -- from 1
    provenance_id INTEGER REFERENCES provenance (id),
    started       TEXT,
    ended         TEXT,
    state         TEXT NOT NULL
                  CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
    reason        TEXT,
    UNIQUE (run_id, n)
) STRICT;

-- One number of one run on one split, as it was measured last. Names: accuracy and
-- token_error (scored tokens), sequence_accuracy and sequence_error (a sequence is right when
-- all its scored tokens are), loss (mean over scored tokens, nats), perplexity (exp of it),
-- the accuracies chance (a blind guess), majority (always the commonest answer) and ceiling
-- (what the visible tokens determine), and of texts bits_per_byte and word_perplexity. After
-- the last step also seen (sequences whose inputs occur in the run's training) and
-- token_error_unseen (token_error over the others), and for the split "train" longest
-- (tokens of the longest training input).
CREATE TABLE metric (
    id     INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    split  TEXT NOT NULL,
    step   INTEGER NOT NULL, -- the last at which it was measured
    name   TEXT NOT NULL,
    value  REAL,
    count  INTEGER, -- "count of total": wrong tokens of scored tokens, ...
    total  INTEGER,
    UNIQUE (run_id, split, name)
) STRICT;

-- The learning curves: one row for each step at which a split was measured, the last as well.
-- A row a point and its key's order serve views over whole curves: no sort, and a fifth of
-- the bytes that a row for each number takes. X_count of X_total are those of X in `metric`.
CREATE TABLE curve (
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    split  TEXT NOT NULL,
    step   INTEGER NOT NULL,
    accuracy REAL, accuracy_count INTEGER, accuracy_total INTEGER,
    token_error REAL, token_error_count INTEGER, token_error_total INTEGER,
    sequence_accuracy REAL, sequence_accuracy_count INTEGER, sequence_accuracy_total INTEGER,
    sequence_error REAL, sequence_error_count INTEGER, sequence_error_total INTEGER,
    loss REAL, perplexity REAL, chance REAL,
    majority REAL, majority_count INTEGER, majority_total INTEGER,
    ceiling REAL, ceiling_count INTEGER, ceiling_total INTEGER,
    bits_per_byte REAL, word_perplexity REAL,
    PRIMARY KEY (run_id, split, step)
) STRICT, WITHOUT ROWID;

-- Which sequences of a split were right: one bit each, bit i of byte i / 8.
CREATE TABLE answer (
    id     INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    split  TEXT NOT NULL,
    count  INTEGER NOT NULL, -- sequences
    bits   BLOB NOT NULL CHECK (length(bits) = (count + 7) / 8),
    UNIQUE (run_id, split)
) STRICT;

-- Which scored places of a split were right. Places are counted through the sequences of the
-- split in their order; bit i of byte i / 8 is place i. Runs of before schema 4 have none.
CREATE TABLE place (
    id     INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    split  TEXT NOT NULL,
    count  INTEGER NOT NULL, -- scored places
    bits   BLOB CHECK (length(bits) = (count + 7) / 8), -- NULL: more than 2^26 places
    UNIQUE (run_id, split)
) STRICT;

-- How many of the places of a split are of each kind. A task says what makes a place hard (its
-- strata, such as `ignores`), and every place has one value of each of them: the places of a
-- stratum add up to all places of the split, its wrong ones to the bits of `place` that are 0.
-- `posbench doctor` adds them up. Sums and no more, so that no view has to look at a place.
CREATE TABLE stratum (
    run_id INTEGER NOT NULL,
    split  TEXT NOT NULL,
    name   TEXT NOT NULL,
    value  INTEGER NOT NULL,
    wrong  INTEGER NOT NULL,
    places INTEGER NOT NULL, -- right ones too
    nats   REAL,             -- of a text the sum of their losses
    PRIMARY KEY (run_id, split, name, value),
    FOREIGN KEY (run_id, split) REFERENCES place (run_id, split) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Numbers of a split that a run's weights were asked again, with other options of the task:
-- `posbench eval --grid length=64,128 --store`.
CREATE TABLE evaluation (
    id        INTEGER PRIMARY KEY,
    run_id    INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    variant   TEXT NOT NULL,    -- the encoder with its options of this test
    split     TEXT NOT NULL,
    options   TEXT NOT NULL CHECK (json_valid(options)), -- all options of the task
    sequences INTEGER NOT NULL,
    name      TEXT NOT NULL,    -- of the metric
    value     REAL,
    count     INTEGER,
    total     INTEGER,
    UNIQUE (run_id, variant, split, options, sequences, name)
) STRICT;

-- The log of a run. Level "caveat", text "SPLIT: ...": a footnote under tables.
CREATE TABLE event (
    id     INTEGER PRIMARY KEY,
    run_id INTEGER REFERENCES run (id) ON DELETE CASCADE, -- NULL: of no single run
    time   TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    level  TEXT NOT NULL,
    text   TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_run ON event (run_id);

-- A number that a paper printed. Metric "error": the paper does not say whether tokens or
-- sequences are counted, so it stands beside both of ours.
CREATE TABLE published (
    id         INTEGER PRIMARY KEY,
    paper      TEXT NOT NULL,
    source     TEXT NOT NULL, -- such as "Table 2"
    experiment TEXT NOT NULL,
    cell       TEXT NOT NULL,
    encoder    TEXT NOT NULL, -- a variant, or an encoder with one variant in the cell
    split      TEXT NOT NULL,
    metric     TEXT NOT NULL,
    unit       TEXT NOT NULL,
    value      REAL,
    std        REAL,
    UNIQUE (paper, source, experiment, cell, encoder, split, metric)
) STRICT;

-- A comparison to check: "metric of `less` is below that of `than`".
CREATE TABLE claim (
    id             INTEGER PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    text           TEXT NOT NULL,
    experiment     TEXT NOT NULL,
    cell           TEXT NOT NULL,
    split          TEXT NOT NULL,
    metric         TEXT NOT NULL,
    less           TEXT NOT NULL, -- variant, or encoder with one variant in the cell
    than           TEXT NOT NULL,
    published_less REAL,
    published_than REAL
) STRICT;

-- Runs with their recipe: the number that runs share which differ in nothing but the seed.
-- Numbers are only ever averaged within a recipe, so runs from before an edit of the
-- experiment file, or with --set, never mix with others of the same name. One row for each
-- experiment and profile that asks for the run. tokens_per_cpu_s is the speed of one core,
-- which does not fall when others use the machine.
CREATE VIEW v_run AS
SELECT r.id AS run_id, r.identity, m.experiment, m.profile, m.cell, r.task, r.task_version,
       r.encoder, r.variant, r.seed, r.recipe_id AS recipe, r.config, r.state, r.error,
       r.steps, r.parameters, r.flops, r.wall_s, r.cpu_s, r.tokens_per_s,
       r.peak_memory_mib, r.started, r.ended, r.provenance_id,
       r.tokens_per_s * r.wall_s / nullif(r.cpu_s, 0) AS tokens_per_cpu_s
FROM run AS r JOIN membership AS m ON m.run_id = r.id WHERE r.removed IS NULL;

-- Every metric of every run and split at the last step at which it was measured; of removed runs
-- too.
CREATE VIEW v_score AS
SELECT id AS metric_id, run_id, split, step, name AS metric, value, count, total
FROM metric;

-- One row per run (as v_run has it) and split: the run's columns and its numbers at the last
-- step. chance, majority and ceiling are accuracies, to be read beside accuracy;
-- chance_error, majority_error and ceiling_error are what they leave, beside token_error.
CREATE VIEW v_result AS
SELECT r.run_id, r.identity, r.experiment, r.profile, r.cell, r.task, r.task_version,
       r.encoder, r.variant, r.seed, r.recipe, r.config, r.state, r.error, r.steps,
       r.parameters, r.flops, r.wall_s, r.cpu_s, r.tokens_per_s, r.peak_memory_mib,
       r.started, r.ended, r.provenance_id,
       s.split, s.step, s.accuracy, s.token_error, s.sequence_error, s.perplexity, s.loss,
       s.tokens, s.sequences, s.chance, s.majority, s.ceiling,
       1 - s.chance AS chance_error, 1 - s.majority AS majority_error,
       1 - s.ceiling AS ceiling_error, r.tokens_per_cpu_s
FROM v_run AS r
JOIN (SELECT run_id, split, max(step) AS step,
             max(value) FILTER (WHERE metric = 'accuracy') AS accuracy,
             max(value) FILTER (WHERE metric = 'token_error') AS token_error,
             max(value) FILTER (WHERE metric = 'sequence_error') AS sequence_error,
             max(value) FILTER (WHERE metric = 'perplexity') AS perplexity,
             max(value) FILTER (WHERE metric = 'loss') AS loss,
             max(total) FILTER (WHERE metric IN ('accuracy', 'token_error', 'majority',
                                                 'ceiling')) AS tokens,
             max(total) FILTER (WHERE metric IN ('sequence_accuracy',
                                                 'sequence_error')) AS sequences,
             max(value) FILTER (WHERE metric = 'chance') AS chance,
             max(value) FILTER (WHERE metric = 'majority') AS majority,
             max(value) FILTER (WHERE metric = 'ceiling') AS ceiling
      FROM v_score WHERE split <> 'train' -- its loss is a curve: v_curve
      GROUP BY run_id, split) AS s USING (run_id);

-- The learning curves: one row per run, split and measured step.
CREATE VIEW v_curve AS
SELECT r.run_id, r.experiment, r.profile, r.cell, r.task, r.encoder, r.variant, r.seed,
       r.recipe, r.state, c.split, c.step, c.accuracy, c.token_error, c.sequence_error,
       c.perplexity, c.loss, coalesce(c.token_error_total, c.accuracy_total) AS tokens,
       coalesce(c.sequence_error_total, c.sequence_accuracy_total) AS sequences
FROM v_run AS r JOIN curve AS c USING (run_id);

-- Errors of each run by what makes a place hard: one row per run, split, stratum and value of
-- it (Flip-Flop: 12 ignored bits between the write and its read).
CREATE VIEW v_stratum AS
SELECT r.run_id, r.experiment, r.profile, r.cell, r.task, r.encoder, r.variant, r.seed,
       r.recipe, r.state, s.split, s.name AS stratum, s.value, s.wrong, s.places,
       CAST(s.wrong AS REAL) / nullif(s.places, 0) AS error
FROM v_run AS r JOIN stratum AS s USING (run_id);

-- What `posbench eval --store` kept: one row per run and question. at_test is the encoder with
-- the options of the test; an option of the task is json_extract(options, '$.length').
CREATE VIEW v_evaluation AS
SELECT r.run_id, r.experiment, r.profile, r.cell, r.task, r.encoder, r.variant, r.seed,
       r.recipe, r.state, e.variant AS at_test, e.split, e.options, e.sequences, e.accuracy,
       e.token_error, e.sequence_error, e.perplexity, e.loss, e.tokens
FROM v_run AS r
JOIN (SELECT run_id, variant, split, options, sequences,
             max(value) FILTER (WHERE name = 'accuracy') AS accuracy,
             max(value) FILTER (WHERE name = 'token_error') AS token_error,
             max(value) FILTER (WHERE name = 'sequence_error') AS sequence_error,
             max(value) FILTER (WHERE name = 'perplexity') AS perplexity,
             max(value) FILTER (WHERE name = 'loss') AS loss,
             max(total) FILTER (WHERE name IN ('accuracy', 'token_error', 'majority',
                                               'ceiling')) AS tokens
      FROM evaluation GROUP BY run_id, variant, split, options, sequences) AS e
     USING (run_id);

-- Two-sided 95 % quantiles of Student's t, the 0.975 quantile of each number of degrees
-- of freedom up to 30. Beyond, v_summary uses the first terms of the expansion in 1 / df
-- (Abramowitz and Stegun 26.7.5), right to six digits there.
CREATE VIEW v_student_t AS
SELECT column1 AS df, column2 AS t
FROM (VALUES (1, 12.706204736), (2, 4.302652730), (3, 3.182446305), (4, 2.776445105),
             (5, 2.570581836), (6, 2.446911851), (7, 2.364624252), (8, 2.306004135),
             (9, 2.262157163), (10, 2.228138852), (11, 2.200985160), (12, 2.178812830),
             (13, 2.160368656), (14, 2.144786688), (15, 2.131449546), (16, 2.119905299),
             (17, 2.109815578), (18, 2.100922040), (19, 2.093024054), (20, 2.085963447),
             (21, 2.079613845), (22, 2.073873068), (23, 2.068657610), (24, 2.063898562),
             (25, 2.059538553), (26, 2.055529439), (27, 2.051830516), (28, 2.048407142),
             (29, 2.045229642), (30, 2.042272456));

-- Mean over seeds of every metric, done runs only. std is the sample's (n - 1); low and
-- high bound the mean's 95 % interval. That of a number which is no rate, that is, has no
-- total, is Student's. That of a rate is Wilson's with the number of independent tries that
-- the spread over seeds leaves, mean (1 - mean) n / std^2, but no more than `total`, and
-- Student's t for the normal quantile; with one seed it is Wilson's own for that run. It stays
-- between 0 and 1. Where no try or every try of all seeds is counted it ends at the one-sided
-- 95 % bound of the rate, 1 - 0.05^(1 / total) from there. runs counts all done runs, n those
-- with a value; n below runs means that some are n/a. docs/STATISTICS.md says why.
CREATE VIEW v_summary AS
WITH seed AS MATERIALIZED ( -- series: a number for what is averaged, quicker than its names
    SELECT run_id, experiment, profile, cell, task, encoder, variant, recipe,
           dense_rank() OVER (ORDER BY recipe, experiment, profile, cell) AS series
    FROM v_run WHERE state = 'done'
), score AS (
    SELECT r.series, r.run_id, s.split, s.metric, s.value, s.count, s.total,
           avg(s.value) OVER (PARTITION BY r.series, s.split, s.metric) AS mean
    FROM seed AS r JOIN v_score AS s USING (run_id)
), spread AS (
    SELECT series, split, metric, max(run_id) AS run_id, count(*) AS runs,
           count(value) AS n, max(mean) AS mean,
           CASE WHEN count(value) > 1
                THEN sqrt(sum((value - mean) * (value - mean)) / (count(value) - 1))
           END AS std,
           min(value) AS min, max(value) AS max, sum(count) AS count, sum(total) AS total
    FROM score GROUP BY series, split, metric
), quantile AS (
    SELECT spread.*,
           CASE WHEN n = 1 THEN 1.959963985
                ELSE coalesce(t, 1.959963985 + 2.372271239 / (n - 1)
                                 + 2.822498616 / ((n - 1) * (n - 1))
                                 + 2.555849680 / ((n - 1) * (n - 1) * (n - 1))) END AS t
    FROM spread LEFT JOIN v_student_t ON df = n - 1
), width AS (
    SELECT r.experiment, r.profile, r.cell, r.task, r.encoder, r.variant, r.recipe, s.*,
           std / sqrt(n) * t AS half,
           CASE WHEN total > 0
                THEN t * t * max(1.0 / total,
                                 coalesce(std * std / (n * mean * (1 - mean)), 0))
           END AS k -- t^2 / number of independent tries
    FROM quantile AS s JOIN seed AS r USING (series, run_id)
)
SELECT experiment, profile, cell, task, encoder, variant, recipe, split, metric, runs, n,
       mean, std, min, max,
       CASE WHEN k IS NULL THEN mean - half
            WHEN count = 0 THEN 0.0
            WHEN count = total THEN exp(ln(0.05) / total)
            ELSE max(0.0, (mean + k / 2 - sqrt(k * mean * (1 - mean) + k * k / 4)) / (1 + k))
       END AS low,
       CASE WHEN k IS NULL THEN mean + half
            WHEN count = 0 THEN 1 - exp(ln(0.05) / total)
            WHEN count = total THEN 1.0
            ELSE min(1.0, (mean + k / 2 + sqrt(k * mean * (1 - mean) + k * k / 4)) / (1 + k))
       END AS high,
       count, total
FROM width;

-- The names by which published numbers and claims may call a variant: its own, and the
-- encoder's when the cell holds no other variant of that encoder.
CREATE VIEW v_variant_name AS
SELECT experiment, profile, cell, variant, variant AS name
FROM v_run
UNION
SELECT experiment, profile, cell, min(variant), encoder
FROM v_run
GROUP BY experiment, profile, cell, encoder
HAVING count(DISTINCT variant) = 1;

-- Published numbers beside ours, for each profile and recipe that has them; where we have
-- none, profile and ours are NULL. difference = ours - published.
CREATE VIEW v_published_vs_ours AS
SELECT p.paper, p.source, p.experiment, p.cell, p.encoder, p.split,
       coalesce(s.metric, p.metric) AS metric, p.unit,
       p.value AS published, p.std AS published_std,
       s.profile, s.variant, s.recipe, s.n, s.mean AS ours, s.std AS ours_std, s.low,
       s.high, s.mean - p.value AS difference
FROM published AS p
LEFT JOIN (SELECT v.name, w.*
           FROM v_variant_name AS v
           JOIN v_summary AS w USING (experiment, profile, cell, variant)) AS s
       ON s.experiment = p.experiment AND s.cell = p.cell AND s.name = p.encoder
      AND s.split = p.split
      AND (s.metric = p.metric
           OR (p.metric = 'error' AND s.metric IN ('token_error', 'sequence_error')));

-- How far each experiment has come.
CREATE VIEW v_progress AS
SELECT experiment, profile, count(*) AS runs,
       count(*) FILTER (WHERE state = 'new') AS new,
       count(*) FILTER (WHERE state = 'running') AS running,
       count(*) FILTER (WHERE state = 'done') AS done,
       count(*) FILTER (WHERE state = 'failed') AS failed,
       count(*) FILTER (WHERE state = 'interrupted') AS interrupted,
       sum(wall_s) FILTER (WHERE state = 'done') AS wall_s,
       avg(wall_s) FILTER (WHERE state = 'done') AS mean_wall_s,
       min(started) AS started, max(ended) AS ended
FROM v_run GROUP BY experiment, profile;
