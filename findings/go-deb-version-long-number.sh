#!/usr/bin/env bash
# go-deb-version takes two versions for equal when a number in them does not fit into 64 bits.
#
# Guess before the run: it compares digits of any number, as dpkg does; or it refuses the version.
# Seen: equal, without an error. dpkg says that the first is later, and so does pault.ag/go/debian.
#
# Versions: github.com/knqyf263/go-deb-version v0.0.0-20241115132648-6f4aee6ccd23, pault.ag/go/debian v0.21.4, dpkg 1.21. Exits 0 while this is so, 1 when it is not any more.
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

	knqyf "github.com/knqyf263/go-deb-version"
	pault "pault.ag/go/debian/version"
)

const later, earlier = "1.0+20260102030405000002", "1.0+20260102030405000001"

func main() {
	a, err := knqyf.NewVersion(later)
	if err != nil {
		panic(err)
	}
	b, err := knqyf.NewVersion(earlier)
	if err != nil {
		panic(err)
	}
	c, err := pault.Parse(later)
	if err != nil {
		panic(err)
	}
	d, err := pault.Parse(earlier)
	if err != nil {
		panic(err)
	}
	fmt.Println("knqyf263:", a.Compare(b))
	fmt.Println("pault.ag:", pault.Compare(c, d))
}
GO
go get github.com/knqyf263/go-deb-version@v0.0.0-20241115132648-6f4aee6ccd23 pault.ag/go/debian/version@v0.21.4 >/dev/null 2>&1
got=$(go run .)
if dpkg --compare-versions 1.0+20260102030405000002 gt 1.0+20260102030405000001; then got+=$'\ndpkg: later'; fi
want=$(cat <<'WANT'
knqyf263: 0
pault.ag: 1
dpkg: later
WANT
)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'changed; it was:\n%s\n' "$want" >&2; exit 1; }
