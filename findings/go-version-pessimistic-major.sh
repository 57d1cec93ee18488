#!/usr/bin/env bash
# For hashicorp/go-version "~> 1" has no upper end; for RubyGems, where the operator comes from, it ends before 2.
#
# Guess before the run: 2.0 is refused by both.
# Seen: go-version takes 2.0 and 99.0 for "~> 1", and refuses 2.0 for "~> 1.0"; RubyGems refuses them for both.
#
# Versions: github.com/hashicorp/go-version v1.9.0, RubyGems 3.3 (Debian 12's ruby). Exits 0 while this is so, 1 when it is not any more.
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

	"github.com/hashicorp/go-version"
)

func main() {
	for _, pair := range [][2]string{{"~> 1", "2.0"}, {"~> 1", "99.0"}, {"~> 1.0", "2.0"}} {
		c, err := version.NewConstraint(pair[0])
		if err != nil {
			panic(err)
		}
		v, err := version.NewVersion(pair[1])
		if err != nil {
			panic(err)
		}
		fmt.Println("go-version:", pair[0], "takes", pair[1], c.Check(v))
	}
}
GO
go get github.com/hashicorp/go-version@v1.9.0 >/dev/null 2>&1
got=$(go run .)
got+=$'\n'$(ruby -e '[["~> 1", "2.0"], ["~> 1", "99.0"], ["~> 1.0", "2.0"]].each { |c, v|
  puts "RubyGems: #{c} takes #{v} #{Gem::Requirement.new(c).satisfied_by?(Gem::Version.new(v))}" }')
want=$(cat <<'WANT'
go-version: ~> 1 takes 2.0 true
go-version: ~> 1 takes 99.0 true
go-version: ~> 1.0 takes 2.0 false
RubyGems: ~> 1 takes 2.0 false
RubyGems: ~> 1 takes 99.0 false
RubyGems: ~> 1.0 takes 2.0 false
WANT
)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'changed; it was:\n%s\n' "$want" >&2; exit 1; }
