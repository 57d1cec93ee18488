#!/usr/bin/env bash
# go-apk-version puts a release candidate behind its release where that ends in .0 and has no revision.
#
# Guess before the run: 1.2.0_rc1 before 1.2.0, as 1.2.1_rc1 before 1.2.1: _rc comes before the release (apk-package(5)).
# Seen: behind it. With a revision, 1.2.0_rc1-r0 and 1.2.0-r0, it is before.
#
# Versions: github.com/knqyf263/go-apk-version v0.0.0-20200609155635-041fdbb8563f. Exits 0 while this is so, 1 when it is not any more.
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

	"github.com/knqyf263/go-apk-version"
)

func main() {
	for _, pair := range [][2]string{{"1.2.1_rc1", "1.2.1"}, {"1.2.0_rc1", "1.2.0"}, {"3.0_alpha1", "3.0"}, {"1.2.0_rc1-r0", "1.2.0-r0"}} {
		a, err := version.NewVersion(pair[0])
		if err != nil {
			panic(err)
		}
		b, err := version.NewVersion(pair[1])
		if err != nil {
			panic(err)
		}
		fmt.Println(pair[0], pair[1], a.Compare(b))
	}
}
GO
go get github.com/knqyf263/go-apk-version@v0.0.0-20200609155635-041fdbb8563f >/dev/null 2>&1
got=$(go run .)
want=$(cat <<'WANT'
1.2.1_rc1 1.2.1 -1
1.2.0_rc1 1.2.0 1
3.0_alpha1 3.0 1
1.2.0_rc1-r0 1.2.0-r0 -1
WANT
)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'changed; it was:\n%s\n' "$want" >&2; exit 1; }
