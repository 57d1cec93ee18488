#!/usr/bin/env bash
# The ssh_config package of Go does not know a Host whose pattern is in quotes.
#
# Guess before the run: it takes the quotes away, as it does around the values of settings, and as ssh does.
# Seen: the block of Host "web" counts for nobody named web; ssh takes port 2222 from it.
#
# Versions: github.com/kevinburke/ssh_config v1.6.0, OpenSSH's ssh -G. Exits 0 while this is so, 1 when it is not any more.
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

	"github.com/kevinburke/ssh_config"
)

const file = "Host \"web\"\n  Port 2222\n  IdentityFile \"/keys/my key\"\nHost *\n  IdentityFile \"/keys/any key\"\n"

func main() {
	config, err := ssh_config.Decode(strings.NewReader(file))
	if err != nil {
		panic(err)
	}
	port, err := config.Get("web", "Port")
	fmt.Printf("package: port %q, error %v\n", port, err)
	files, err := config.GetAll("web", "IdentityFile")
	fmt.Printf("package: files %q, error %v\n", files, err)
}
GO
go get github.com/kevinburke/ssh_config@v1.6.0 >/dev/null 2>&1
got=$(go run .)
printf 'Host "web"\n  Port 2222\n' >config
got+=$'\n'ssh:\ $(ssh -G -F config web | grep '^port ')
want=$(cat <<'WANT'
package: port "", error <nil>
package: files ["/keys/any key"], error <nil>
ssh: port 2222
WANT
)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'changed; it was:\n%s\n' "$want" >&2; exit 1; }
