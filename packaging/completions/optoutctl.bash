# bash completion for optoutctl: made by packaging/completions/generate from optoutctl --help. Do not edit.

_optoutctl() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} at='' one words='' wanted='' i
    COMPREPLY=()
    # Which command it is: the words before the cursor that make one together.
    for ((i = 1; i < COMP_CWORD; i++)); do
        one="${at:+$at }${COMP_WORDS[i]}"
        case "$one" in
        'check' | 'list' | 'pending' | 'add' | 'remove' | 'pause' | 'erase' | 'import' | 'export' | 'backup' | 'restore' | 'verify' | 'sync' | 'doctor' | 'token' | 'token make' | 'token show' | 'keys' | 'keys new' | 'keys show' | 'admin-token' | 'admin-token new' | 'admin-token show' | 'setup' | 'setup postfix' | 'setup sendmail') at=$one ;;
        esac
    done
    case "$at:$before" in
        ':-c' | ':--config') wanted='files' ;;
        'check:--file') wanted='files' ;;
        'check:--list') wanted='all' ;;
        'check:-c' | 'check:--config') wanted='files' ;;
        'list:--file') wanted='files' ;;
        'list:--list') wanted='all' ;;
        'list:--state') wanted='opted_out paused opted_in' ;;
        'list:-c' | 'list:--config') wanted='files' ;;
        'pending:-c' | 'pending:--config') wanted='files' ;;
        'add:--file') wanted='files' ;;
        'add:--list') wanted='all' ;;
        'add:--reason') wanted='nothing' ;;
        'add:--text') wanted='nothing' ;;
        'add:-c' | 'add:--config') wanted='files' ;;
        'remove:--file') wanted='files' ;;
        'remove:--list') wanted='all' ;;
        'remove:-c' | 'remove:--config') wanted='files' ;;
        'pause:--file') wanted='files' ;;
        'pause:--list') wanted='all' ;;
        'pause:--until') wanted='nothing' ;;
        'pause:-c' | 'pause:--config') wanted='files' ;;
        'erase:--file') wanted='files' ;;
        'erase:-c' | 'erase:--config') wanted='files' ;;
        'import:-c' | 'import:--config') wanted='files' ;;
        'export:-c' | 'export:--config') wanted='files' ;;
        'backup:-c' | 'backup:--config') wanted='files' ;;
        'restore:-c' | 'restore:--config') wanted='files' ;;
        'verify:-c' | 'verify:--config') wanted='files' ;;
        'sync:-c' | 'sync:--config') wanted='files' ;;
        'doctor:--mta') wanted='nothing' ;;
        'doctor:--postfix-config') wanted='directories' ;;
        'doctor:--sendmail-cf') wanted='files' ;;
        'doctor:--ca') wanted='files' ;;
        'doctor:--canary-to') wanted='nothing' ;;
        'doctor:--canary-mailbox') wanted='files' ;;
        'doctor:--canary-from') wanted='nothing' ;;
        'doctor:--canary-wait') wanted='nothing' ;;
        'doctor:-c' | 'doctor:--config') wanted='files' ;;
        'token:-c' | 'token:--config') wanted='files' ;;
        'token make:--list') wanted='all' ;;
        'token make:-c' | 'token make:--config') wanted='files' ;;
        'token show:-c' | 'token show:--config') wanted='files' ;;
        'keys:-c' | 'keys:--config') wanted='files' ;;
        'keys new:-c' | 'keys new:--config') wanted='files' ;;
        'keys show:-c' | 'keys show:--config') wanted='files' ;;
        'admin-token:-c' | 'admin-token:--config') wanted='files' ;;
        'admin-token new:--scope') wanted='read write events' ;;
        'admin-token new:--file') wanted='files' ;;
        'admin-token new:-c' | 'admin-token new:--config') wanted='files' ;;
        'admin-token show:--file') wanted='files' ;;
        'admin-token show:-c' | 'admin-token show:--config') wanted='files' ;;
        'setup:-c' | 'setup:--config') wanted='files' ;;
        'setup postfix:--apply') wanted='nothing' ;;
        'setup postfix:--undo') wanted='nothing' ;;
        'setup postfix:--postfix-config') wanted='directories' ;;
        'setup postfix:-c' | 'setup postfix:--config') wanted='files' ;;
        'setup sendmail:--apply') wanted='nothing' ;;
        'setup sendmail:--undo') wanted='nothing' ;;
        'setup sendmail:--sendmail-mc') wanted='files' ;;
        'setup sendmail:-c' | 'setup sendmail:--config') wanted='files' ;;
    esac
    if [ -z "$wanted" ]; then
        case "$at" in
        '') words='check list pending add remove pause erase import export backup restore verify sync doctor token keys admin-token setup -h --help --version -c --config' ;;
        'check') words='-h --help --file --list --json -c --config' ;;
        'list') words='-h --help --file --list --state --json -c --config' ;;
        'pending') words='-h --help --json -c --config' ;;
        'add') words='-h --help --file --list --reason --text -c --config' ;;
        'remove') words='-h --help --file --list -c --config' ;;
        'pause') words='-h --help --file --list --until -c --config' ;;
        'erase') words='-h --help --file --forget -c --config' ;;
        'import') words='-h --help --dry-run -c --config' ;;
        'export') words='-h --help -c --config' ;;
        'backup') words='-h --help -c --config' ;;
        'restore') words='-h --help -c --config' ;;
        'verify') words='-h --help -c --config' ;;
        'sync') words='-h --help --both -c --config' ;;
        'doctor') words='-h --help --json --mta --postfix-config --sendmail-cf --ca --canary-to --canary-mailbox --canary-from --no-canary --canary-wait -c --config' ;;
        'token') words='make show -h --help -c --config' ;;
        'token make') words='-h --help --list --json -c --config' ;;
        'token show') words='-h --help --json -c --config' ;;
        'keys') words='new show -h --help -c --config' ;;
        'keys new') words='-h --help -c --config' ;;
        'keys show') words='-h --help -c --config' ;;
        'admin-token') words='new show -h --help -c --config' ;;
        'admin-token new') words='-h --help --scope --file -c --config' ;;
        'admin-token show') words='-h --help --file -c --config' ;;
        'setup') words='postfix sendmail -h --help -c --config' ;;
        'setup postfix') words='-h --help --apply --undo --postfix-config -c --config' ;;
        'setup sendmail') words='-h --help --apply --undo --sendmail-mc -c --config' ;;
        esac
        case "$word" in
        -*) ;;
        *)
            case "$at" in
        'check') wanted='nothing' ;;
        'list') wanted='nothing' ;;
        'add') wanted='nothing' ;;
        'remove') wanted='nothing' ;;
        'pause') wanted='nothing' ;;
        'erase') wanted='nothing' ;;
        'import') wanted='files' ;;
        'export') wanted='files' ;;
        'backup') wanted='files' ;;
        'restore') wanted='files' ;;
        'sync') wanted='files' ;;
        'token make') wanted='nothing' ;;
        'token show') wanted='nothing' ;;
        'keys new') wanted='files' ;;
        'keys show') wanted='files' ;;
        'admin-token new') wanted='nothing' ;;
            esac
            ;;
        esac
    fi
    case "$wanted" in
    files | directories)
        local only=-f
        [ "$wanted" = files ] || only=-d
        while IFS= read -r one; do COMPREPLY+=("$one"); done < <(compgen "$only" -- "$word")
        compopt -o filenames 2> /dev/null
        ;;
    nothing) ;;
    '') while IFS= read -r one; do COMPREPLY+=("$one"); done < <(compgen -W "$words" -- "$word") ;;
    *) while IFS= read -r one; do COMPREPLY+=("$one"); done < <(compgen -W "$wanted" -- "$word") ;;
    esac
}

complete -F _optoutctl optoutctl
