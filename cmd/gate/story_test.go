package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// withStories adds what the scripts story_*.txtar have beside the other commands. Each tells of an app whose one file,
// src/app.ini, becomes /etc/app/app.ini on its hosts, and whose revision is in /srv/app/REVISION there.
//
//	story HOST...          begin: the release v1 is on hosts, staging-N and production-N, and was adopted a day ago. The file
//	                       "promotion", if the script has one, is a part of production's promotion block
//	hosts HOST...          the policy names these hosts from now on, and they are up
//	later DURATION         time goes by, for gate
//	release NAME HANDLER   commit an app that logs to a handler, with a tag, on top of what is checked out
//	prove NAME             deploy a release to staging, verify it, and let an hour pass
//
// The program ./put REVISION HOST... deploys a revision to hosts.
func withStories(commands map[string]func(*testscript.TestScript, bool, []string)) map[string]func(*testscript.TestScript, bool, []string) {
	maps.Copy(commands, map[string]func(*testscript.TestScript, bool, []string){
		"story":   storyBegins,
		"hosts":   storyHosts,
		"later":   storyLater,
		"release": storyRelease,
		"prove":   storyProve,
	})
	return commands
}

const storyPolicy = `component "app" {
  paths  = ["src/**"]
  marker = revision["/srv/app/REVISION"].value
}
collect "revision" {
  marker = "/srv/app/REVISION"
}
collect "deb" {}
collect "file" {
  paths = ["/etc/app/*"]
}
gate {
  unmanaged = ["policy/**"]
}
`

const storyEnvironments = `environment "staging" {
  vars = { domain = "staging.example.com" }
  ssh {
    config = "../ssh_config"
    root   = "/proc/self/fd/9"
  }
  role "web" {
    hosts = [%s]
  }
}
environment "production" {
  vars = { domain = "example.com" }
  ssh {
    config = "../ssh_config"
    root   = "/proc/self/fd/9"
  }
  role "web" {
    hosts = [%s]
  }
  promotion {
    from        = ["staging"]
    verified_by = ["smoke"]
    soak        = "30m"
    %s
  }
}
`

const storyPut = `#!/bin/sh
set -e
revision=$(git rev-parse "$1^{commit}")
shift
for host; do
	mkdir -p "hosts/$host/etc/app" "hosts/$host/srv/app"
	git show "$revision:src/app.ini" >"hosts/$host/etc/app/app.ini"
	echo "$revision" >"hosts/$host/srv/app/REVISION"
done
`

func storyBegins(ts *testscript.TestScript, _ bool, names []string) {
	for name, value := range map[string]string{
		"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com", "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com",
		"GATE_DIGEST_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "GATE_TEST_LATER": "0s",
	} {
		ts.Setenv(name, value)
	}
	for _, name := range names {
		if packages := filepath.Join(labOf(ts).tree(name), "var/lib/dpkg/status"); !isFile(packages) {
			ts.Check(writeDeb(packages, []string{"openssl=3.0.11-1"}))
		}
	}
	ts.Check(writeMissing(ts.MkAbs("policy/policy.hcl"), storyPolicy))
	storyHosts(ts, false, names)
	ts.Check(os.WriteFile(ts.MkAbs("put"), []byte(storyPut), 0o755))
	ts.Check(ts.Exec("git", "init", "-q", "-b", "main"))
	ts.Check(ts.Exec("git", "add", "policy"))
	storyRelease(ts, false, []string{"v1", "file"})
	ts.Check(ts.Exec("./put", append([]string{"v1"}, names...)...))
	ts.Check(ts.Exec("gate", "record", "--adopt"))
	storyLater(ts, false, []string{"24h"})
}

func isFile(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func storyHosts(ts *testscript.TestScript, _ bool, names []string) {
	l := labOf(ts)
	lists := map[string]string{}
	for _, name := range names {
		environment, _, _ := strings.Cut(name, "-")
		lists[environment] += fmt.Sprintf("%q, ", name)
		if !l.up[name] {
			ts.Check(l.start(name, ""))
		}
	}
	promotion, err := os.ReadFile(ts.MkAbs("promotion"))
	if err != nil && !os.IsNotExist(err) {
		ts.Fatalf("%v", err)
	}
	text := fmt.Sprintf(storyEnvironments, strings.TrimSuffix(lists["staging"], ", "), strings.TrimSuffix(lists["production"], ", "), promotion)
	ts.Check(os.WriteFile(ts.MkAbs("policy/environments.hcl"), []byte(text), 0o644))
}

func storyLater(ts *testscript.TestScript, _ bool, args []string) {
	before, err := time.ParseDuration(ts.Getenv("GATE_TEST_LATER"))
	ts.Check(err)
	more, err := time.ParseDuration(args[0])
	ts.Check(err)
	ts.Setenv("GATE_TEST_LATER", (before + more).String())
}

func storyRelease(ts *testscript.TestScript, _ bool, args []string) {
	name, handler := args[0], args[1]
	ts.Check(os.MkdirAll(ts.MkAbs("src"), 0o755))
	ts.Check(os.WriteFile(ts.MkAbs("src/app.ini"), []byte("[log]\nhandler = "+handler+"\n"), 0o644))
	ts.Check(ts.Exec("git", "add", "src"))
	ts.Check(ts.Exec("git", "commit", "-q", "-m", "log to "+handler))
	ts.Check(ts.Exec("git", "tag", name))
}

func storyProve(ts *testscript.TestScript, _ bool, args []string) {
	release := args[0]
	up := labOf(ts).up
	deploy := []string{"deploy", "--to", "staging", "--revision", release, "--", "./put", release}
	for name := range up {
		if strings.HasPrefix(name, "staging-") && up[name] {
			deploy = append(deploy, name)
		}
	}
	ts.Check(ts.Exec("gate", deploy...))
	ts.Check(ts.Exec("gate", "record", "verified", "--name", "smoke", "--to", "staging", "--revision", release))
	storyLater(ts, false, []string{"1h"})
}
