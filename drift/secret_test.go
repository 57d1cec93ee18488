package drift

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestNamesSecret(t *testing.T) {
	tests := []struct {
		key  string
		want bool
	}{
		{"password", true}, {"db.password", true}, {"DB_PASSWORD", true}, {"dbPassword", true}, {"apiKey", true}, {"API_KEY", true},
		{"aws_secret_access_key", true}, {"authToken", true}, {"oauth.client_secret", true}, {"Service.Environment.SECRET", true},
		{"users.0.passwd", true}, {"signing-key", true}, {"HTTPToken", true}, {"private_key", true}, {"SecretKeyBase", true},
		{"PasswordAuthentication", false}, {"password_min_length", false}, {"token_ttl", false}, {"key_file", false}, {"secret_path", false},
		{"keys", false}, {"keyboard", false}, {"tokenizer", false}, {"author", false}, {"passenger", false}, {"workers", false}, {"bypass", false},
	}
	for _, tt := range tests {
		if got := NamesSecret(Address("file").Key("/etc/app.ini").Attr("entries").Key(tt.key)); got != tt.want {
			t.Errorf("%q: got %t, want %t", tt.key, got, tt.want)
		}
	}
	for _, a := range []Address{`file["/etc/nsswitch.conf"].entries["passwd"]`, `deb["secret"].version`, `file["/etc/password"].mode`} {
		if NamesSecret(a) {
			t.Errorf("%s: got true, want false", a)
		}
	}
}

func TestSecretForm(t *testing.T) {
	tests := []struct {
		text string
		want bool
	}{
		{"-----BEGIN OPENSSH PRIVATE KEY-----", true}, {"AKIAIOSFODNN7EXAMPLE", true}, {"ghp_16C7e42F292c6912E7710c838347Ae178B4a", true},
		{"postgres://app:hunter2@db/app", true}, {"redis://:hunter2@cache:6379", true}, {"//app:hunter2@db/app", true}, {"$6$salt$abcdefghijklmnop", true},
		{"{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", true}, {"Authorization: Bearer abcdefgh12345", true}, {"# password = hunter2", true},
		{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc", true}, {"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", true},
		{"wJalrXUtnFEMIK7MDENGbPxRfiCY3EXAMPLEKEY", true}, {"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", true},
		{"550e8400-e29b-41d4-a716-446655440000", true},
		{"https://staging.example.com/path?x=1", false}, {"/usr/lib/python3/dist-packages/setuptools", false}, {"diffie-hellman-group-exchange-sha256", false},
		{"SHA256:EDIDjYIsORTLMWV+0FOLvOR4896n5loRgI0kOOG1Bwo", false}, {"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", false},
		{"3.0.11-1~deb12u2", false}, {"[%(levelname)s] %(asctime)s %(message)s", false}, {"com.example.app.ApplicationConfiguration", false}, {"user@example.com", false},
		{"echo -path x", false}, {"", false},
	}
	for _, tt := range tests {
		text, err := json.Marshal(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := secretForm(string(text)); got != tt.want {
			t.Errorf("%q: got %t, want %t", tt.text, got, tt.want)
		}
	}
}

// A list is looked at item by item, and the name of an option tells of the item that follows.
func TestSecretAtInLists(t *testing.T) {
	tests := []struct {
		text string
		want int
	}{
		{`["app","--password","hunter2"]`, 8}, {`["app","-v","x"]`, -1}, {`["a","b","token = x","c"]`, 10}, {`["app","--password"]`, -1}, {`[]`, -1}, {``, -1},
	}
	for _, tt := range tests {
		if got := secretAt(tt.text); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.text, got, tt.want)
		}
	}
}

// A hint that is not in every text of its form would let a secret through.
func TestHintsAreLowerCase(t *testing.T) {
	for _, form := range forms {
		for _, hint := range form.hints {
			if hint.text != strings.ToLower(hint.text) {
				t.Errorf("%q is looked for in lower case", hint.text)
			}
		}
	}
}

// What a report is about is shown, though it looks random; the digest of a file is not.
func TestSafeRevision(t *testing.T) {
	const commit = "a41c9e2f0b8d7c6e5f4a3b2c1d0e9f8a7b6c5d4e"
	tests := []struct {
		address, value string
		want           bool
	}{
		{`revision["/srv/app/src"].commit`, commit, true},
		{`revision["/srv/app/src"].branch`, "main", true},
		{`revision["/srv/app/REVISION"].value`, commit, true},
		{`revision["/srv/app/REVISION"].value`, "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", true},
		{`revision["/srv/app/REVISION"].value`, "v1.4.1", true},
		{`revision["/srv/app/REVISION"].value`, "token=hunter2", false},
		{`revision["/srv/app/REVISION"].value`, "https://app:hunter2@example.com/", false},
		{`file["/etc/app.ini"].sha256`, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", false},
		{`file["/etc/app.ini"].entries["commit"]`, commit, false},
		{`command["version"].output`, commit, false},
	}
	for _, tt := range tests {
		if got := Safe(Fact{Address: Address(tt.address), Value: String(tt.value)}, RevealSafe); got != tt.want {
			t.Errorf("%s %q: got %t, want %t", tt.address, tt.value, got, tt.want)
		}
	}
}
