# fish completion of posbench: the program says what may stand at the cursor.
function __posbench_complete
    set -l words (commandline -opc) (commandline -ct)
    type -q $words[1]; or return
    set -l key (string match -r -- '^--[^=]*=' $words[-1])
    set -l path (string replace -r -- '^--[^=]*=' '' $words[-1])
    for line in ($words[1] complete -- $words[2..-1] 2>/dev/null)
        switch $line
            case :file; __fish_complete_path $path | string replace -r -- '^' "$key"
            case :db; __fish_complete_suffix --complete=$path .db | string replace -r -- '^' "$key"
            case :dir; __fish_complete_directories $path '' | string replace -r -- '^' "$key"
            case '*'; echo $line
        end
    end
end
complete -c posbench -f -a '(__posbench_complete)'
