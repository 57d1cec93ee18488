#!/usr/bin/env bash
# A hyphen range that ends in "*" has no upper end for npm; for Masterminds/semver it takes nothing from its lower end on.
#
# Guess before the run: "1.2.3 - *" takes whatever is not below 1.2.3, in both.
# Seen: npm takes 1.2.3, 1.3.0 and 2.0.0; Masterminds/semver refuses all three, and says nothing of the range.
#
# Versions: github.com/Masterminds/semver v3.5.0, npm's semver 7.7.3. Exits 0 while this is so, 1 when it is not any more.
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
	"os"

	"github.com/Masterminds/semver/v3"
)

func main() {
	c, err := semver.NewConstraint(os.Args[1])
	if err != nil {
		panic(err)
	}
	for _, version := range os.Args[2:] {
		fmt.Println("Masterminds:", os.Args[1], "takes", version, c.Check(semver.MustParse(version)))
	}
}
GO
go get github.com/Masterminds/semver/v3@v3.5.0 >/dev/null 2>&1
npm install --silent --no-audit --no-fund semver@7.7.3 >/dev/null
range='1.2.3 - *'
versions=(1.2.3 1.3.0 2.0.0 1.0.0)
got=$(go run . "$range" "${versions[@]}")
got+=$'\n'$(node -e 'const [range, ...versions] = process.argv.slice(1);
  for (const v of versions) console.log("npm:", range, "takes", v, require("semver").satisfies(v, range))' "$range" "${versions[@]}")
want=$(cat <<'WANT'
Masterminds: 1.2.3 - * takes 1.2.3 false
Masterminds: 1.2.3 - * takes 1.3.0 false
Masterminds: 1.2.3 - * takes 2.0.0 false
Masterminds: 1.2.3 - * takes 1.0.0 false
npm: 1.2.3 - * takes 1.2.3 true
npm: 1.2.3 - * takes 1.3.0 true
npm: 1.2.3 - * takes 2.0.0 true
npm: 1.2.3 - * takes 1.0.0 false
WANT
)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'changed; it was:\n%s\n' "$want" >&2; exit 1; }
