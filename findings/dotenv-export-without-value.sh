#!/usr/bin/env bash
# godotenv and compose-go read "export NAME" on a last line without a line end as a variable that has no name.
#
# Guess before the run: the line is refused, or NAME is passed on from the environment, as "NAME" alone is in compose.
# Seen: both give a variable whose name is empty and whose value is NAME. sh exports NAME.
#
# Versions: github.com/joho/godotenv v1.5.1, github.com/compose-spec/compose-go/v2 v2.16.2. Exits 0 while this is so, 1 when it is not any more.
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

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/joho/godotenv"
)

const file = "PORT=8080\nexport PORT"

func main() {
	a, err := godotenv.Unmarshal(file)
	fmt.Printf("godotenv: %q %v\n", a, err)
	b, err := dotenv.UnmarshalBytesWithLookup([]byte(file), nil)
	fmt.Printf("compose-go: %q %v\n", b, err)
}
GO
go get github.com/joho/godotenv@v1.5.1 github.com/compose-spec/compose-go/v2/dotenv@v2.16.2 >/dev/null 2>&1
got=$(go run .)
want=$(cat <<'WANT'
godotenv: map["":"PORT" "PORT":"8080"] <nil>
compose-go: map["":"PORT" "PORT":"8080"] <nil>
WANT
)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'changed; it was:\n%s\n' "$want" >&2; exit 1; }
