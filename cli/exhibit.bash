# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion for bash. It asks the program itself, so there is no second list of commands and options.

_exhibit_commands() {
	command exhibit --help 2>/dev/null | sed -n 's/^  \([a-z][a-z ]*[a-z]\)  .*/\1/p'
}

_exhibit_options() {
	command exhibit "$@" --help 2>/dev/null | grep -oE '^ +(-[a-z], )? *--[a-z-]+' | grep -oE -- '--[a-z-]+'
}

_exhibit() {
	local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]-}
	local -a name=("$verb")

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "help $(_exhibit_commands | sed 's/ .*//' | sort -u)" -- "$word")
		return
	fi
	[[ $verb != case ]] || name+=("${COMP_WORDS[2]-}")
	if [[ $verb == case && $COMP_CWORD -eq 2 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_exhibit_commands | sed -n 's/^case //p')" -- "$word")
	elif [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_exhibit_options "${name[@]}")" -- "$word")
	elif [[ $verb == detach ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(command exhibit status 2>/dev/null | sed -n 's/^Attachment  *//p')" -- "$word")
	elif [[ $verb == help ]]; then
		mapfile -t COMPREPLY < <(compgen -W "problems $(_exhibit_commands | sed 's/ .*//' | sort -u)" -- "$word")
	fi
}

complete -o default -F _exhibit exhibit
