# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion for bash. It asks the program itself, so there is no second list of commands and options.

_exhibit_commands() {
	exhibit --help 2>/dev/null | sed -n 's/^  \([a-z][a-z ]*[a-z]\)  .*/\1/p'
}

_exhibit_options() {
	exhibit "$@" --help 2>/dev/null | grep -oE '^ +(-[a-z], )? *--[a-z-]+' | grep -oE -- '--[a-z-]+'
}

_exhibit() {
	local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-}
	local -a name=("$command")

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "help $(_exhibit_commands | sed 's/ .*//' | sort -u)" -- "$word")
		return
	fi
	[[ $command != case ]] || name+=("${COMP_WORDS[2]-}")
	if [[ $command == case && $COMP_CWORD -eq 2 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_exhibit_commands | sed -n 's/^case //p')" -- "$word")
	elif [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_exhibit_options "${name[@]}")" -- "$word")
	elif [[ $command == detach ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(exhibit status 2>/dev/null | sed -n 's/^Attachment  *//p')" -- "$word")
	elif [[ $command == help ]]; then
		mapfile -t COMPREPLY < <(compgen -W "problems $(_exhibit_commands | sed 's/ .*//' | sort -u)" -- "$word")
	fi
}

complete -o default -F _exhibit exhibit
