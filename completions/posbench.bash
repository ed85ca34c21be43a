# bash completion of posbench: the program says what may stand at the cursor.
_posbench() {
    local line word=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
        :*) compopt -o filenames 2>/dev/null ;;&
        :file) mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "${word#=}") ;;
        :db) mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -X '!*.db' -- "${word#=}") ;;&
        :db | :dir) mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "${word#=}") ;;
        *) COMPREPLY+=("${line%%$'\t'*}") ;;
        esac
    done < <("${COMP_WORDS[0]/#\~/$HOME}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
}
complete -F _posbench posbench
