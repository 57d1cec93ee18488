#!/usr/bin/env bash
# go-systemd's unit reader takes a comment between continued lines for a part of the value.
#
# Guess before the run: it passes over the comment, as systemd.syntax(7) says of lines that begin with # or ; there.
# Seen: the comment's text, with the backslash and the line break before it, is in the value, and the rest of the command is not.
#
# Versions: github.com/coreos/go-systemd/v22 v22.7.0. Exits 0 while this is so, 1 when it is not any more.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder" && rm -rf "$folder"' EXIT
cd "$folder"
export GOFLAGS=-modcacherw
go mod init finding >/dev/null 2>&1
cat >main.go <<'GO'
package main

import (
	"fmt"
	"strings"

	"github.com/coreos/go-systemd/v22/unit"
)

func main() {
	options, err := unit.Deserialize(strings.NewReader("[Service]\nExecStart=/usr/bin/app \\\n# twice as loud\n --verbose=yes\n"))
	for _, o := range options {
		fmt.Printf("%s=%q\n", o.Name, o.Value)
	}
	fmt.Println("error:", err)
}
GO
go get github.com/coreos/go-systemd/v22/unit@v22.7.0 >/dev/null 2>&1
got=$(go run .)
want=$(cat <<'WANT'
ExecStart="/usr/bin/app \\\n# twice as loud"
--verbose="yes"
error: <nil>
WANT
)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'changed; it was:\n%s\n' "$want" >&2; exit 1; }
