package host

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/crypto/ssh"
)

// knownLine is a line of a known_hosts file; see sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
type knownLine struct {
	marker string   // "", "cert-authority" or "revoked"
	hosts  []string // patterns in lower case, or one hashed name
	key    ssh.PublicKey
	file   string
	line   int
}

func (l knownLine) String() string { return fmt.Sprintf("%s:%d", l.file, l.line) }

// knownLines returns the lines of files that are about one of names, in their order. Files that do not exist say nothing.
func (c *Client) knownLines(ctx context.Context, files []string, name string) ([]knownLine, error) {
	var matching []knownLine
	for _, file := range files {
		lines, err := once(ctx, c, c.files, file, func(ctx context.Context) ([]knownLine, error) { return c.readKnownHosts(ctx, file) })
		if err != nil {
			return nil, unended(ctx, "reading "+file, err)
		}
		for _, line := range lines {
			if line.match(name) {
				matching = append(matching, line)
			}
		}
	}
	return matching, nil
}

// readKnownHosts reads a file. As ssh does, it passes over lines that are malformed, and tells of them.
func (c *Client) readKnownHosts(ctx context.Context, file string) ([]knownLine, error) {
	text, err := readFile(ctx, file, maxKnownHosts)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, local(err)
	}
	var lines []knownLine
	n := 0
	for raw := range bytes.Lines(text) {
		n++
		raw = bytes.TrimSpace(raw)
		if len(raw) == 0 || raw[0] == '#' {
			continue
		}
		marker, hosts, key, _, _, err := ssh.ParseKnownHosts(raw)
		if err == nil && marker != "" && marker != "cert-authority" && marker != "revoked" {
			err = fmt.Errorf("unknown marker @%s", clean(marker, 40))
		}
		if err != nil {
			c.warn("%s:%d: passed over a malformed line: %v", file, n, err)
			continue
		}
		if !strings.HasPrefix(hosts[0], "|") {
			for i := range hosts {
				hosts[i] = strings.ToLower(hosts[i])
			}
		}
		lines = append(lines, knownLine{marker: marker, hosts: hosts, key: key, file: file, line: n})
	}
	return lines, nil
}

// match tells whether the line is about name, "host" or "[host]:port" in lower case.
func (l knownLine) match(name string) bool {
	if strings.HasPrefix(l.hosts[0], "|") {
		return len(l.hosts) == 1 && matchHashed(l.hosts[0], name)
	}
	found := false
	for _, pattern := range l.hosts {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if matchPattern(pattern, name) {
			if negated {
				return false
			}
			found = true
		}
	}
	return found
}

// matchHashed compares name with |1|SALT|HASH.
func matchHashed(hashed, name string) bool {
	fields := strings.Split(hashed, "|")
	if len(fields) != 4 || fields[1] != "1" {
		return false
	}
	salt, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil {
		return false
	}
	hash, err := base64.StdEncoding.DecodeString(fields[3])
	if err != nil {
		return false
	}
	mac := hmac.New(sha1.New, salt)
	mac.Write([]byte(name))
	return hmac.Equal(mac.Sum(nil), hash)
}

// matchPattern matches * and ?, as ssh_config(5), PATTERNS, has them.
func matchPattern(pattern, name string) bool {
	star, resume := -1, 0
	p, n := 0, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			resume++
			p, n = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
