package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/report"
)

// canary is a secret in a file of a host. %s stands for it.
type canary struct {
	path, text string
	mode       fs.FileMode // 0644 where it is 0
	form       string      // what the secret looks like; by default a password that has no form
	named      bool        // its key names a secret, so that between environments only its presence counts
}

var canaries = []canary{
	{path: "etc/app/db.ini", text: "[db]\nuser = app\npassword = %s\n", named: true},
	{path: "etc/app/quoted.ini", text: "[smtp]\nSMTP_PASS = \"%s\"\n", named: true},
	{path: "etc/my.cnf", text: "[client]\nuser=root\npassword=%s\n", named: true},
	{path: "etc/pip.conf", text: "[global]\nindex-url = https://app:%s@pypi.example.com/simple\n"},
	{path: "etc/app/app.yaml", text: "db:\n  host: db\n  password: %s\n", named: true},
	{path: "etc/app/list.yaml", text: "api:\n  tokens:\n    - first\n    - %s\n", named: true},
	{path: "etc/app/objects.yaml", text: "users:\n  - name: a\n    secret: %s\n", named: true},
	{path: "etc/app/block.yaml", text: "tls:\n  private_key: |\n    line one\n    %s\n    line three\n", named: true},
	{path: "etc/app/args.yaml", text: "command: [\"app\", \"--password\", \"%s\"]\n"},
	{path: "etc/app/many.yaml", text: "---\nkind: a\n---\nkind: b\nclientSecret: %s\n", named: true},
	{path: "etc/app/bearer.yaml", text: "headers: \"Authorization: Bearer %s\"\n"},
	{path: "etc/app/app.json", text: `{"auth": {"apiKey": "%s"}}`, named: true},
	{path: "etc/app/array.json", text: `{"credentials": ["%s", "x"]}`, named: true},
	{path: "etc/app/url.json", text: `{"database": "postgres://app:%s@db/app"}`},
	{path: "etc/app/aws.json", text: `{"id": "%s"}`, form: "AKIA%.16s"},
	{path: "etc/app/app.toml", text: "[auth]\nsigning_key = \"%s\"\n", named: true},
	{path: "etc/app/inline.toml", text: "user = { name = \"a\", passwd = \"%s\" }\n", named: true},
	{path: "etc/app/multi.toml", text: "token = \"\"\"\nfirst\n%s\n\"\"\"\n", named: true},
	{path: "etc/app/.env", text: "DB_PASSWORD=%s\n", named: true},
	{path: "etc/app/url.env", text: "DATABASE_URL=postgres://app:%s@db/app\n"},
	{path: "etc/app/export.env", text: "export AWS_SECRET_ACCESS_KEY='%s'\n", named: true},
	{path: "etc/default/app", text: "APP_OPTS=\"--port 80 --token=%s\"\n"},
	{path: "etc/default/dbpass", text: "DAEMON_OPTS=\"DB_PASS=%s\"\n"},
	{path: "etc/app/app.properties", text: "spring.datasource.password=%s\n", named: true},
	{path: "etc/app/jdbc.properties", text: "url=jdbc:mysql://db/app?user=app&password=%s\n"},
	{path: "etc/ldap/ldap.conf", text: "URI ldap://db\nBINDPW %s\n", named: true},
	{path: "etc/app/element.xml", text: "<config><db><password>%s</password></db></config>\n", named: true},
	{path: "etc/app/attribute.xml", text: "<config><user name=\"a\" secret=\"%s\"/></config>\n", named: true},
	{path: "etc/systemd/system/app.service", text: "[Service]\nEnvironment=\"API_TOKEN=%s\"\nExecStart=/usr/bin/app\n"},
	{path: "etc/systemd/system/opts.service", text: "[Service]\nExecStart=/usr/bin/app --db-password=%s\n"},
	{path: "etc/ssh/sshd_config", text: "Port 22\nAuthorizedKeysCommand /usr/bin/keys --secret %s\n"},
	{path: "etc/nginx/nginx.conf", text: "http {\n  proxy_set_header Authorization \"Basic %s\";\n}\n"},
	{path: "etc/nginx/conf.d/key.conf", text: "proxy_set_header X-Api-Key \"%s\";\n"},
	{path: "etc/apache2/apache2.conf", text: "AuthLDAPBindPassword %s\n"},
	{path: "etc/cron.d/dump", text: "0 3 * * * root mysqldump -u root -p%s app >/dev/null\n"},
	{path: "etc/cron.d/curl", text: "0 4 * * * root curl -s -u app:%s https://api.example.com/\n"},
	{path: "etc/cron.d/psql", text: "0 5 * * * root PGPASSWORD=%s psql app\n"},
	{path: "etc/app/requirements.txt", text: "--index-url https://app:%s@pypi.example.com/simple\nrequests==2.31.0\n"},
	{path: "etc/app/requirements-git.txt", text: "app @ git+https://app:%s@github.com/example/app@v1\n"},
	{path: "etc/app/.gitconfig", text: "[remote \"origin\"]\n\turl = https://app:%s@github.com/example/app\n"},
	{path: "etc/app/broken.json", text: "{\"a\": 1, // was %s\n", form: "ghp_%s0000000000000000"},
	{path: "etc/app/broken.yaml", text: "a: [1\n# password: %s\n"},
	{path: "etc/app/key.pem", text: "-----BEGIN RSA PRIVATE KEY-----\n%s\n-----END RSA PRIVATE KEY-----\n"},
	{path: "etc/app/wp-config.php", text: "<?php\ndefine('DB_PASSWORD', '%s');\n"},
	{path: "etc/app/.netrc", text: "machine api.example.com login app password %s\n"},
	{path: "etc/app/htpasswd", text: "app:%s\n", form: "$apr1$salt$%s"},
	{path: "etc/shadow", text: "root:%s:19000:0:99999:7:::\n", form: "$6$salt$%s"},
	{path: "etc/app/jwt.txt", text: "the key is %s\n", form: "eyJhbGciOiJIUzI1NiJ9.%s.%[1]s"},
	{path: "etc/app/slack.txt", text: "notify %s\n", form: "xoxb-%s-0000"},
	{path: "etc/app/private.ini", text: "[a]\nword = %s\n", mode: 0o600},
	{path: "etc/app/private.yaml", text: "word:\n  - %s\n", mode: 0o600},
	{path: "etc/app/private.json", text: `{"word": "%s"}`, mode: 0o640},
	{path: "etc/app/private.toml", text: "word = \"%s\"\n", mode: 0o600},
	{path: "etc/app/private.txt", text: "%s\n", mode: 0o600},
}

// secret returns the secret of a canary on a host, in its rotation.
func (c canary) secret(i int, place string, rotation int) string {
	word := fmt.Sprintf("Zq%02d%s%dvKw8", i, place, rotation)
	if c.form == "" {
		return word
	}
	return fmt.Sprintf(c.form, word+"Jx4RtY7uB2nM")
}

// plant writes all canaries to a host, and returns their secrets.
func plant(t *testing.T, l *lab, host, place string, rotation int) []string {
	t.Helper()
	var secrets []string
	for i, c := range canaries {
		path := filepath.Join(l.tree(host), c.path)
		secret := c.secret(i, place, rotation)
		secrets = append(secrets, secret)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		_ = os.Remove(path)
		mode := c.mode
		if mode == 0 {
			mode = 0o644
		}
		must(t, os.WriteFile(path, []byte(strings.ReplaceAll(c.text, "%s", secret)), mode))
		must(t, os.Chmod(path, mode))
	}
	return secrets
}

// leaks returns the ways in which a secret is in a text.
func leaks(text []byte, secret string) []string {
	quoted, err := json.Marshal(secret)
	if err != nil {
		return []string{err.Error()}
	}
	forms := map[string]string{
		"as it is": secret, "in hexadecimal": hex.EncodeToString([]byte(secret)), "percent-encoded": url.QueryEscape(secret),
		"as JSON": string(bytes.Trim(quoted, `"`)),
	}
	for shift := range 3 {
		// Of base64, what does not depend on what stands before and behind it.
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
		forms[fmt.Sprintf("in base64, at %d", shift)] = encoded[4 : len(encoded)-2]
	}
	var found []string
	for name, form := range forms {
		if bytes.Contains(text, []byte(form)) {
			found = append(found, name)
		}
	}
	return found
}

func TestCanaries(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	if len(canaries) < 50 {
		t.Errorf("only %d canaries", len(canaries))
	}
	l, run := gateOn(t, `collect "file" {
  paths = ["/etc/**"]
}
gate {
  mode  = "report"
  until = "2999-12-31"
}
`)
	var secrets []string
	leaked := map[string]bool{}
	leak := func(where string, i int, how []string) {
		t.Helper()
		if path := canaries[i%len(canaries)].path; len(how) > 0 && !leaked[path] {
			leaked[path] = true
			t.Errorf("%s has the secret of %s, %v", where, path, how)
		}
	}
	for place, hosts := range map[string][]string{"sta": {"staging-1"}, "pro": {"production-1", "production-2"}} {
		for _, host := range hosts {
			secrets = append(secrets, plant(t, l, host, place, 0)...)
			start(t, l, host)
		}
	}
	gateRun := func(args ...string) []byte {
		t.Helper()
		cmd := run(args...)
		cmd.Env = append(cmd.Env, "GATE_DIGEST_KEY=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() > exitBlocked {
			t.Fatalf("gate %q: %v\n%s", args, err, out)
		}
		for i, secret := range secrets {
			leak(fmt.Sprintf("gate %q", args), i, leaks(out, secret))
		}
		return out
	}
	differing := func() map[string]string { // path: code
		t.Helper()
		v, err := report.ReadJSON(bytes.NewReader(gateRun("check", "--to", "production", "--format", "json")))
		must(t, err)
		found := map[string]string{}
		for _, f := range v.Findings {
			if f.Effect == gate.Opens {
				t.Errorf("undecided: %s: %q", f.Title, f.Detail)
			}
			for _, item := range f.Items {
				for _, c := range canaries {
					if strings.HasPrefix(item.Address, fmt.Sprintf("file[%q].entries", "/"+c.path)) {
						found[c.path] = f.Code
					}
				}
			}
		}
		return found
	}

	// Between the environments: secrets by name count by presence only, the others by value.
	found := differing()
	for _, c := range canaries {
		want := "drift.unexplained"
		if c.named {
			want = ""
		}
		if found[c.path] != want {
			t.Errorf("%s differs between the environments: got %q, want %q", c.path, found[c.path], want)
		}
	}
	for n := 1; n <= 3; n++ {
		gateRun("explain", fmt.Sprint(n))
	}
	gateRun("explain", "file")
	gateRun("check", "--to", "production")
	gateRun("diff", "staging", "production")
	gateRun("diff", "staging-1", "production-1", "--format", "json")
	gateRun("accept", "--reason", "x", "--owner", "y", "--until", "2999-12-31")
	gateRun("snapshot", "--to", "production", "--output", "production.json")
	objects := ledgerObjects(t, filepath.Join(l.folder, "production.json"))
	for i, secret := range secrets {
		leak("an object of the ledger", i, append(leaks(objects, secret), guessable(objects, secret)...))
	}
	must(t, filepath.WalkDir(l.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path, filepath.Join(l.folder, "hosts")) {
			return err
		}
		text, err := os.ReadFile(path)
		for i, secret := range secrets {
			leak(path, i, leaks(text, secret))
		}
		return err
	}))

	// On one of two hosts of a role: rotated, each is seen.
	secrets = append(secrets, plant(t, l, "production-2", "pro", 1)...)
	found = differing()
	for _, c := range canaries {
		if found[c.path] == "" {
			t.Errorf("%s was rotated on production-2 only, and that is not seen", c.path)
		}
	}

	// The same in both environments is told.
	for _, host := range []string{"staging-1", "production-1", "production-2"} {
		secrets = append(secrets, plant(t, l, host, "same", 0)...)
	}
	found = differing()
	for _, c := range canaries {
		if c.named && found[c.path] != "drift.same_secret" {
			t.Errorf("%s is the same in both environments: got %q, want drift.same_secret", c.path, found[c.path])
		}
	}
}

// TestCanariesElsewhere plants secrets where Python and commands bring them from.
func TestCanariesElsewhere(t *testing.T) {
	drifttest.Slow(t)
	const secret = "Zq7canaryKw8"
	tests := []struct {
		name, policy, environments string
		plant                      func(*testing.T, string)
	}{
		{
			name: "a direct URL, and a file of requirements",
			policy: `collect "python" {
  venvs        = ["/srv/app/venv"]
  requirements = { "/srv/app/venv" = ["/srv/app/requirements.txt"] }
}`,
			environments: scriptEnvironments,
			plant: func(t *testing.T, tree string) {
				must(t, install(demoTree(tree), []string{"app=1.0"}))
				must(t, demoTree(tree).write(demoSites+"/app-1.0.dist-info/direct_url.json", `{"url": "https://app:`+secret+`@github.com/example/app", "vcs_info": {"vcs": "git", "commit_id": "a41c9e2"}}`))
				must(t, writeMissing(filepath.Join(tree, "srv/app/requirements.txt"), "--extra-index-url https://app:"+secret+"@pypi.example.com/simple\napp @ git+https://app:"+secret+"@github.com/example/app\n"))
			},
		},
		{
			name: "the output and the errors of commands",
			policy: `collect "command" "config" {
  run = "cat $GATE_TEST_TREE/secret"
}
collect "command" "lines" {
  run   = "cat $GATE_TEST_TREE/secret"
  lines = true
}
collect "command" "failing" {
  run = "echo 'curl: https://app:` + secret + `@api.example.com/ not found' >&2; exit 1"
}`,
			environments: strings.ReplaceAll(scriptEnvironments, `    root   = "/proc/self/fd/9"`+"\n", ""),
			plant: func(t *testing.T, tree string) {
				must(t, writeMissing(filepath.Join(tree, "secret"), "user: app\npassword: "+secret+"\n"))
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, run := gateOn(t, tt.policy)
			must(t, os.WriteFile(filepath.Join(l.folder, "policy/environments.hcl"), []byte(tt.environments), 0o644))
			for i, name := range []string{"staging-1", "production-1", "production-2"} {
				if i > 0 {
					tt.plant(t, l.tree(name))
				} else {
					must(t, install(demoTree(l.tree(name)), []string{"app=1.0"}))
					must(t, writeMissing(filepath.Join(l.tree(name), "secret"), "user: app\n"))
				}
				start(t, l, name)
			}
			for _, args := range [][]string{
				{"check", "--to", "production"}, {"check", "--to", "production", "--format", "json"}, {"explain", "1"}, {"explain", "2"}, {"explain", "python"}, {"explain", "command"},
				{"diff", "staging", "production"}, {"snapshot", "--to", "production"},
			} {
				cmd := run(args...)
				cmd.Env = append(cmd.Env, "GATE_DIGEST_KEY=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
				out, err := cmd.CombinedOutput()
				if code := cmd.ProcessState.ExitCode(); args[0] == "check" && code == exitPass {
					t.Errorf("gate %q: %v\n%s", args, err, out)
				}
				if how := leaks(out, secret); len(how) > 0 {
					t.Errorf("gate %q shows it %v:\n%s", args, how, out)
				}
			}
			cached := 0
			must(t, filepath.WalkDir(filepath.Join(l.folder, "cache/gate"), func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				cached++
				text, err := os.ReadFile(path)
				if how := leaks(text, secret); len(how) > 0 {
					t.Errorf("%s has it %v", path, how)
				}
				return err
			}))
			if cached == 0 {
				t.Error("nothing is kept")
			}
		})
	}
}
