#compdef posbench
# zsh completion of posbench, from the tables that make its help; written by
# "posbench list commands --completion zsh", and a test compares.

typeset -g -a _posbench_commands _posbench_globals
_posbench_commands=(
    'bench:time training steps against this machine'\''s limit'
    'claims:the papers'\'' claims: reproduced, contradicted, undecided or not run'
    'doctor:try everything that runs need: libraries, arithmetic, disk, database, clock; exit code 0: fine, 1: something to do, 3: runs would fail'
    'eval:ask the saved models of runs a split again, or a changed one'
    'export:write the trained weights of a run to a safetensors file'
    'gen:write samples of a task to a file, without training'
    'list:name the tasks, encoders, experiments, runs, claims or commands'
    'merge:join databases, such as those of shards, into one, in any order and as often as you like'
    'plan:every run with its state and the reason, FLOPs and estimated time; runs nothing'
    'predict:write the logits of a trained model for sequences of token ids'
    'purge:delete runs that rm has marked, with their models, for good'
    'query:ask the results by a stored query'\''s name or in SQL; read-only'
    'rm:mark runs as removed: no table shows them, and run does them again if asked for'
    'run:train and evaluate every run of an experiment file that is not done yet'
    'show:explain a task (with samples), an encoder, or a run in full'
    'table:encoder by split: mean and spread over seeds, chance beside it'
    'verify:train a stored run once more and compare it bit by bit'
)
_posbench_globals=( \
        '(-h --help)-h[show this help]' \
        '(-h --help)--help[show this help]' \
        '--version[show version, commit, compiler and libraries]' \
        '(-C --directory)-C+[work in DIR: file names start there]:DIR: _posbench_value "DIR"' \
        '(-C --directory)--directory=[work in DIR: file names start there]:DIR: _posbench_value "DIR"' \
        '(-q --quiet)-q[no progress: data, warnings and errors only]' \
        '(-q --quiet)--quiet[no progress: data, warnings and errors only]' \
        '--no-color[no colour, even on a terminal]')

_posbench_command() {
    case $1 in
    bench)
        _arguments -s -S $_posbench_globals \
        '--shape=[layers=4,heads=4,dim=256,length=512,batch=16,scored=26 (what is left out stays)]:KEY=N,...: ' \
        '*--encoder=[encoder to time, options behind a colon: NAME:OPTION=VALUE,... (repeatable; default all)]:ENCODER: _posbench_value "ENCODER"' \
        '--threads=[threads (default 1)]:N: ' \
        '(-r --repetitions)-r+[timed steps of each encoder, in turn (default 5)]:N: ' \
        '(-r --repetitions)--repetitions=[timed steps of each encoder, in turn (default 5)]:N: ' \
        '--post-norm[post-norm and ReLU instead of pre-norm and GELU]' \
        '--json[one object a line instead of a table]' ;;
    claims)
        _arguments -s -S $_posbench_globals \
        '--profile=[only runs of this profile (default: each that has runs)]:PROFILE: _posbench_value "PROFILE"' \
        '--file=[only runs that this experiment file describes as it is now (default: every run in the database)]:FILE: _posbench_value "FILE"' \
        '(-o --output)-o+[text, md, latex, csv or json (default text)]:FORMAT: _posbench_value "FORMAT"' \
        '(-o --output)--output=[text, md, latex, csv or json (default text)]:FORMAT: _posbench_value "FORMAT"' \
        '--json[the same as -o json]' \
        '--db=[results database (default: results.db beside the experiment file)]:DB: _posbench_value "DB"' \
        '::CLAIM: _posbench_value "CLAIM"' ;;
    doctor)
        _arguments -s -S $_posbench_globals \
        '--json[one JSON object instead of lines]' \
        '--db=[results database (default: results.db beside the experiment file)]:DB: _posbench_value "DB"' ;;
    eval)
        _arguments -s -S $_posbench_globals \
        '--split=[split of the run or of its task (default id)]:SPLIT: _posbench_value "SPLIT"' \
        '*--set=[change the split: an option of the task, or count=N sequences (repeatable)]:OPTION=VALUE: _posbench_value "OPTION=VALUE"' \
        '--threads=[threads; the numbers do not depend on it (default 1)]:N: ' \
        '*--only=[only runs that match, e.g. encoder=cope* (repeatable: all must match)]:KEY=GLOB: _posbench_value "KEY=GLOB"' \
        '--json[a JSON object for each run instead of a table]' \
        '--db=[results database (default: results.db beside the experiment file)]:DB: _posbench_value "DB"' \
        '::RUN: _posbench_value "RUN"' ;;
    export)
        _arguments -s -S $_posbench_globals \
        '(-o --output)-o+[file to write, safetensors; - is standard output]:FILE: _posbench_value "FILE"' \
        '(-o --output)--output=[file to write, safetensors; - is standard output]:FILE: _posbench_value "FILE"' \
        '(-f --force)-f[replace FILE if it is there]' \
        '(-f --force)--force[replace FILE if it is there]' \
        '--db=[results database (default: results.db beside the experiment file)]:DB: _posbench_value "DB"' \
        ':RUN: _posbench_value "RUN"' ;;
    gen)
        _arguments -s -S $_posbench_globals \
        '--split=[split to draw from, or train (default id)]:SPLIT: _posbench_value "SPLIT"' \
        '(-n --count)-n+[samples (default: the split'\''s reference size)]:N: ' \
        '(-n --count)--count=[samples (default: the split'\''s reference size)]:N: ' \
        '(-o --output)-o+[file to write; - is standard output (default -)]:FILE: _posbench_value "FILE"' \
        '(-o --output)--output=[file to write; - is standard output (default -)]:FILE: _posbench_value "FILE"' \
        '--format=[jsonl: ids, targets, scored places; text: tokens, a tab, the answers; flipflop: one character a token, the layout of the public Flip-Flop data (default jsonl)]:jsonl|text|flipflop: _posbench_value "jsonl|text|flipflop"' \
        '*--set=[change an option of the task, after the split'\''s own changes (repeatable)]:OPTION=VALUE: _posbench_value "OPTION=VALUE"' \
        '--seed=[data seed (default 0); for train the run'\''s seed (default 1)]:N: ' \
        '--threads=[threads; the bytes are the same for any (default 1)]:N: ' \
        '(-f --force)-f[replace FILE if it is there]' \
        '(-f --force)--force[replace FILE if it is there]' \
        ':TASK: _posbench_value "TASK"' ;;
    list)
        _arguments -s -S $_posbench_globals \
        '(-o --output)-o+[text, md, latex, csv or json (default text)]:FORMAT: _posbench_value "FORMAT"' \
        '(-o --output)--output=[text, md, latex, csv or json (default text)]:FORMAT: _posbench_value "FORMAT"' \
        '--json[the same as -o json]' \
        '--markdown[the reference page of tasks, encoders or commands]' \
        '--man[the manual page, of commands]' \
        '--completion=[a script that completes command lines, of commands]:bash|zsh|fish: _posbench_value "bash|zsh|fish"' \
        '--profile=[experiments of this profile (default quick); only runs of this profile]:PROFILE: _posbench_value "PROFILE"' \
        '*--only=[only runs that match, e.g. state=failed (repeatable: all must match)]:KEY=GLOB: _posbench_value "KEY=GLOB"' \
        '--db=[results database (default: results.db beside the experiment file)]:DB: _posbench_value "DB"' \
        ':tasks|encoders|experiments|runs|claims|commands: _posbench_value "tasks|encoders|experiments|runs|claims|commands"' \
        '::FILE: _posbench_value "FILE"' ;;
    merge)
        _arguments -s -S $_posbench_globals \
        '--db=[database that receives the others; made when it is not there (default results.db)]:DB: _posbench_value "DB"' \
        '*:DB: _posbench_value "DB"' ;;
    plan)
        _arguments -s -S $_posbench_globals \
        '--profile=[size of the matrix: smoke, quick, paper (default quick)]:PROFILE: _posbench_value "PROFILE"' \
        '*--only=[only runs that match, e.g. encoder=cope* (repeatable: all must match)]:KEY=GLOB: _posbench_value "KEY=GLOB"' \
        '*--set=[change a setting, e.g. train.steps=100 (repeatable)]:KEY=VALUE: _posbench_value "KEY=VALUE"' \
        '--db=[results database (default: results.db beside the experiment file)]:DB: _posbench_value "DB"' \
        '(-j --jobs)-j+[runs at a time (default: usable cores / threads)]:N: ' \
        '(-j --jobs)--jobs=[runs at a time (default: usable cores / threads)]:N: ' \
        '--threads=[threads of each run; results do not depend on it (default 1)]:N: ' \
        '--shard=[part I of N parts of about equal cost, with a database of its own for "posbench merge" (default results-I-of-N.db)]:I/N: ' \
        '--rerun=[run again: failed (else they stay failed), or all]:failed|all: _posbench_value "failed|all"' \
        '--json[one JSON object instead of a table]' \
        '::FILE: _posbench_value "FILE"' ;;
    predict)
        _arguments -s -S $_posbench_globals \
        '--input=[sequences, one a line: JSON with "tokens", or ids; - is standard input]:FILE: _posbench_value "FILE"' \
        '--split=[sequences of a split of the run instead]:SPLIT: _posbench_value "SPLIT"' \
        '(-n --count)-n+[of the split the first N (default: all)]:N: ' \
        '(-n --count)--count=[of the split the first N (default: all)]:N: ' \
        '--logits=[where to write them, .npy: float32 \[positions of all sequences, vocabulary\]; - is standard output]:FILE: _posbench_value "FILE"' \
        '(-f --force)-f[replace FILE if it is there]' \
        '(-f --force)--force[replace FILE if it is there]' \
        '--db=[results database (default: results.db beside the experiment file)]:DB: _posbench_value "DB"' \
        ':RUN|FILE: _posbench_value "RUN|FILE"' ;;
    purge)
        _arguments -s -S $_posbench_globals \
        '(-y --yes)-y[do not ask (needed where there is no terminal)]' \
        '(-y --yes)--yes[do not ask (needed where there is no terminal)]' \
        '(-n --dry-run)-n[name the runs and delete nothing]' \
        '(-n --dry-run)--dry-run[name the runs and delete nothing]' \
        '*--only=[the same as KEY=GLOB without --only (repeatable)]:KEY=GLOB: _posbench_value "KEY=GLOB"' \
        '--db=[results database (default: results.db beside the experiment file)]:DB: _posbench_value "DB"' \
        '*:KEY=GLOB: _posbench_value "KEY=GLOB"' ;;
    query)
        _arguments -s -S $_posbench_globals \
        '--list[name the stored queries and what they answer]' \
        '--file=[read the SQL from FILE; - is standard input]:FILE: _posbench_value "FILE"' \
        '(-o --output)-o+[text, md, latex, csv or json (default text)]:FORMAT: _posbench_value "FORMAT"' \
        '(-o --output)--output=[text, md, latex, csv or json (default text)]:FORMAT: _posbench_value "FORMAT"' \
        '--json[the same as -o json]' \
        '--db=[results database (default: results.db beside the experiment file)]:DB: _posbench_value "DB"' \
        ':QUERY|SQL: _posbench_value "QUERY|SQL"' ;;
    rm)
        _arguments -s -S $_posbench_globals \
        '--undo[take the marks of such runs away again]' \
        '(-n --dry-run)-n[name the runs and change nothing]' \
        '(-n --dry-run)--dry-run[name the runs and change nothing]' \
        '*--only=[the same as KEY=GLOB without --only (repeatable)]:KEY=GLOB: _posbench_value "KEY=GLOB"' \
        '--db=[results database (default: results.db beside the experiment file)]:DB: _posbench_value "DB"' \
        '*:KEY=GLOB: _posbench_value "KEY=GLOB"' ;;
    run)
        _arguments -s -S $_posbench_globals \
        '--profile=[size of the matrix: smoke, quick, paper (default quick)]:PROFILE: _posbench_value "PROFILE"' \
        '*--only=[only runs that match, e.g. encoder=cope* (repeatable: all must match)]:KEY=GLOB: _posbench_value "KEY=GLOB"' \
        '*--set=[change a setting, e.g. train.steps=100 (repeatable)]:KEY=VALUE: _posbench_value "KEY=VALUE"' \
        '--db=[results database (default: results.db beside the experiment file)]:DB: _posbench_value "DB"' \
        '(-j --jobs)-j+[runs at a time (default: usable cores / threads)]:N: ' \
        '(-j --jobs)--jobs=[runs at a time (default: usable cores / threads)]:N: ' \
        '--threads=[threads of each run; results do not depend on it (default 1)]:N: ' \
        '--shard=[part I of N parts of about equal cost, with a database of its own for "posbench merge" (default results-I-of-N.db)]:I/N: ' \
        '--rerun=[run again: failed (else they stay failed), or all]:failed|all: _posbench_value "failed|all"' \
        '(-n --dry-run)-n[print the plan and run nothing]' \
        '(-n --dry-run)--dry-run[print the plan and run nothing]' \
        '--keep-going[go on after a failed run (this is the default)]' \
        '--checkpoint-every=[time between checkpoints of a run at work; 0: every step (default 60)]:SECONDS: ' \
        '--retries=[begin a run that failed or was killed up to N times more (default 0)]:N: ' \
        '--time-budget=[start no run that is expected to end later than 90s, 20m, 3h or 2d from now; when runs are left, the exit code is 1]:TIME: ' \
        '--fail-fast[after a run that is not done start no more; those at work finish]' \
        '::FILE: _posbench_value "FILE"' ;;
    show)
        _arguments -s -S $_posbench_globals \
        '(-n --count)-n+[samples of a task (default 3)]:N: ' \
        '(-n --count)--count=[samples of a task (default 3)]:N: ' \
        '--split=[split to draw from, or train (default id)]:SPLIT: _posbench_value "SPLIT"' \
        '--seed=[data seed (default 0); for train the run'\''s seed (default 1)]:N: ' \
        '*--set=[change an option of the task, after the split'\''s own changes (repeatable)]:OPTION=VALUE: _posbench_value "OPTION=VALUE"' \
        '--markdown[the reference page of a task or an encoder]' \
        '--db=[results database (default: results.db beside the experiment file)]:DB: _posbench_value "DB"' \
        ':TASK|ENCODER|RUN: _posbench_value "TASK|ENCODER|RUN"' ;;
    table)
        _arguments -s -S $_posbench_globals \
        '--metric=[token_error, sequence_error, accuracy, perplexity, loss, ... or several with commas (default token_error, and sequence_error where it differs)]:METRIC: _posbench_value "METRIC"' \
        '--published[the paper'\''s numbers and the difference below each row]' \
        '--rows=[experiment, profile, task, cell, encoder, split or seed (default encoder)]:KEY: _posbench_value "KEY"' \
        '--cols=[the same (default split)]:KEY: _posbench_value "KEY"' \
        '--profile=[only runs of this profile (default: all in the database)]:PROFILE: _posbench_value "PROFILE"' \
        '*--only=[only runs that match, e.g. encoder=cope*; split=valid shows the splits that choose settings (repeatable: all must match)]:KEY=GLOB: _posbench_value "KEY=GLOB"' \
        '--file=[only runs that this experiment file describes as it is now (default: every run in the database)]:FILE: _posbench_value "FILE"' \
        '(-o --output)-o+[text, md, latex, csv or json (default text)]:FORMAT: _posbench_value "FORMAT"' \
        '(-o --output)--output=[text, md, latex, csv or json (default text)]:FORMAT: _posbench_value "FORMAT"' \
        '--json[the same as -o json]' \
        '--db=[results database (default: results.db beside the experiment file)]:DB: _posbench_value "DB"' \
        '::EXPERIMENT: _posbench_value "EXPERIMENT"' ;;
    verify)
        _arguments -s -S $_posbench_globals \
        '--steps=[train N steps alone and compare the learning curve up to there (default: all)]:N: ' \
        '--threads=[threads; the bits do not depend on it (default 1)]:N: ' \
        '--db=[results database (default: results.db beside the experiment file)]:DB: _posbench_value "DB"' \
        ':RUN: _posbench_value "RUN"' ;;
    esac
}

# _posbench_words KIND: what may stand there.
_posbench_words() {
    case $1 in
    TASK) echo counting flip_flop selective_copy ;;
    ENCODER) echo absolute cope none relative rope sinusoidal ;;
    SPLIT) echo valid id ood_longer ood_shorter ood_sparse ood_dense ;;
    PROFILE) echo smoke quick paper ;;
    FORMAT) echo text md latex csv json ;;
    METRIC) echo token_error accuracy sequence_error sequence_accuracy loss perplexity ;;
    KEY) echo experiment profile task cell encoder split seed ;;
    QUERY) echo accuracy_by_split failed_runs learning_curves progress published_vs_ours seeds_solved slowest_runs ;;
    KEY=GLOB) echo experiment= task= encoder= variant= cell= seed= profile= identity= state= split= ;;
    task=) echo counting flip_flop selective_copy ;;
    encoder=) echo absolute cope none relative rope sinusoidal ;;
    profile=) echo smoke quick paper ;;
    state=) echo new running done failed interrupted ;;
    split=) echo valid id ood_longer ood_shorter ood_sparse ood_dense ;;
    experiment=) _posbench_list experiments ;;
    KEY=VALUE) echo model.layers= model.heads= model.dim= model.ff= model.norm= model.activation= model.dropout= model.bias= model.tie_embeddings= train.optimizer= train.lr= train.betas= train.eps= train.weight_decay= train.schedule= train.warmup= train.batch= train.steps= train.samples= train.clip= train.shards= train.eval_every= train.eval_count= ;;
    OPTION=VALUE) echo variables= max_operations= w_set= w_increment= w_pass= window= cap= length= p_ignore= clean= symbols= tokens= blanks= ;;
    EXPERIMENT) _posbench_list experiments ;;
    CLAIM) _posbench_list claims ;;
    RUN) _posbench_list runs ;;
    esac
}

# First column of "posbench list WHAT".
_posbench_list() {
    _call_program "$1" posbench list "$1" -o csv 2>/dev/null | sed '1d; s/,.*//'
}

# _posbench_value KIND: KIND is one of those of _posbench_words, a word, or several with
# "|" between.
_posbench_value() {
    local kind
    local -a reply
    for kind in ${(s:|:)1}; do
        case $kind in
        FILE) _files ;;
        DB) _files -g '*.db(-.)' ;;
        DIR) _files -/ ;;
        *=*)
            if compset -P 1 '*='; then
                reply=($(_posbench_words "${${IPREFIX%=}##*=}="))
                compadd -- $reply
            else
                reply=($(_posbench_words $kind))
                compadd -S '' -- $reply
            fi ;;
        [[:upper:]]*)
            reply=($(_posbench_words $kind))
            compadd -- $reply ;;
        *) compadd -- $kind ;;
        esac
    done
}

_posbench() {
    local curcontext=$curcontext state line
    typeset -A opt_args
    _arguments -C -S $_posbench_globals '1:command:->command' '*::argument:->argument'
    case $state in
    command) _describe -t commands command _posbench_commands ;;
    argument)
        if [[ $words[1] == help ]]; then
            _describe -t commands command _posbench_commands
        else
            curcontext=${curcontext%:*:*}:posbench-$words[1]:
            _posbench_command $words[1]
        fi ;;
    esac
}

_posbench "$@"
