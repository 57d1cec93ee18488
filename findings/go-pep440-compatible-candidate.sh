#!/usr/bin/env bash
# go-pep440-version refuses a final release for a compatible release of a pre-release.
#
# Guess before the run: ~=1.4.5a4 takes 1.4.9: it is >=1.4.5a4 and ==1.4.*, without the pre-release part (PEP 440, Compatible release).
# Seen: it refuses 1.4.9. Python's packaging takes it.
#
# Versions: github.com/aquasecurity/go-pep440-version v0.0.1, packaging 23.0 (Debian's python3-packaging 23.0-1). Exits 0 while this is so, 1 when it is not any more.
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

	"github.com/aquasecurity/go-pep440-version"
)

func main() {
	for _, text := range []string{"~=1.4.5a4", ">=1.4.5a4,==1.4.*"} {
		s, err := version.NewSpecifiers(text)
		if err != nil {
			panic(err)
		}
		v, err := version.Parse("1.4.9")
		if err != nil {
			panic(err)
		}
		fmt.Println("go:", text, s.Check(v))
	}
}
GO
go get github.com/aquasecurity/go-pep440-version@v0.0.1 >/dev/null 2>&1
got=$(go run .)
apt-get download -qq python3-packaging=23.0-1 >/dev/null 2>&1
dpkg-deb -x python3-packaging_*.deb packaging
got+=$'\n'packaging:\ $(PYTHONPATH=packaging/usr/lib/python3/dist-packages python3 -c '
from packaging.specifiers import SpecifierSet
print("~=1.4.5a4", "1.4.9" in SpecifierSet("~=1.4.5a4"))')
want=$(cat <<'WANT'
go: ~=1.4.5a4 false
go: >=1.4.5a4,==1.4.* true
packaging: ~=1.4.5a4 True
WANT
)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'changed; it was:\n%s\n' "$want" >&2; exit 1; }
