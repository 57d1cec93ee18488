package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/host"
	"github.com/seed-313c021b/gate/policies"
)

// plans returns what is to be read from the hosts of environments: of those that --host names, or of all.
func (a *app) plans(p *policies.Policy, environments []string) (plans []host.Plan, err error) {
	unused := slices.Clone(a.flags.hosts)
	for _, name := range environments {
		e := p.Environment(name)
		for _, role := range e.Roles {
			for _, dest := range role.Hosts {
				id := drift.HostID{Environment: e.Name, Role: role.Name, Name: policies.HostName(dest)}
				if len(a.flags.hosts) > 0 && !slices.ContainsFunc(a.flags.hosts, func(flag string) bool { return names(flag, id) }) {
					continue
				}
				unused = slices.DeleteFunc(unused, func(flag string) bool { return names(flag, id) })
				plans = append(plans, host.Plan{ID: id, Dest: dest, Settings: a.settings(role.SSH), Root: role.SSH.Root, Queries: p.Queries(id)})
			}
		}
	}
	if len(unused) > 0 {
		return nil, usage("--host %s: no such host in %s", unused[0], strings.Join(environments, ", "))
	}
	return plans, nil
}

// plansToCompare returns what is to be read for a check, and whether that is all there is. Of an environment that --host
// names nothing of, all hosts are read: what it names is compared with them.
func (a *app) plansToCompare(p *policies.Policy, environments []string) (plans []host.Plan, complete bool, err error) {
	named, err := a.plans(p, environments)
	if err != nil || len(a.flags.hosts) == 0 {
		return named, true, err
	}
	whole := *a
	whole.flags.hosts = nil
	all, err := whole.plans(p, environments)
	if err != nil {
		return nil, false, err
	}
	for _, name := range environments {
		other := func(plan host.Plan) bool { return plan.ID.Environment != name }
		hosts := slices.DeleteFunc(slices.Clone(named), other)
		if len(hosts) == 0 {
			hosts = slices.DeleteFunc(slices.Clone(all), other)
		}
		plans = append(plans, hosts...)
	}
	return plans, len(plans) == len(all), nil
}

// names reports whether what stands behind --host means a host: its whole id, or its name.
func names(flag string, id drift.HostID) bool {
	return flag == id.String() || flag == id.Name
}

// settings returns what the policy says about connections. Its files are relative to the policy's folder.
func (a *app) settings(s policies.SSH) host.Settings {
	return host.Settings{
		User: s.User, Port: s.Port, Hostname: s.Hostname, ProxyJump: s.ProxyJump, HostKeyAlias: s.HostKeyAlias,
		IdentityFiles: a.besidePolicy(s.IdentityFiles...), CertificateFiles: a.besidePolicy(s.CertificateFiles...),
		KnownHosts: a.knownHosts(s), Config: a.besidePolicy(s.Config)[0],
		ConnectTimeout: s.ConnectTimeout, Timeout: s.Timeout,
	}
}

// knownHosts returns the files that have the keys of hosts: that of whoever runs gate, or those of the policy.
func (a *app) knownHosts(s policies.SSH) []string {
	if file := a.getenv("GATE_KNOWN_HOSTS"); file != "" {
		return []string{file}
	}
	return a.besidePolicy(s.KnownHosts...)
}

// besidePolicy returns paths that the policy names, the relative ones below its folder. What ssh_config(5) expands, and
// the words "" and "none", stay as they are.
func (a *app) besidePolicy(paths ...string) []string {
	folder := a.policyFolder()
	var resolved []string
	for _, path := range paths {
		if path != "" && path != "none" && !filepath.IsAbs(path) && !strings.ContainsAny(path[:1], "~%$") {
			path = filepath.Join(folder, path)
		}
		if pinned := a.pinned[path]; pinned != "" {
			path = pinned
		}
		resolved = append(resolved, path)
	}
	return resolved
}

// reading is what is to be read.
type reading struct {
	policy       *policies.Policy
	environments []string
	plans        []host.Plan
	key          []byte
	previews     string // the environment whose previews are made; empty for none
}

// collect reads hosts, each sealed as soon as it is read. It returns a snapshot for each environment, in the order given.
func (a *app) collect(ctx context.Context, r reading) ([]*drift.Snapshot, error) {
	vars := r.policy.Vars()
	sealer := drift.NewSealer(r.key, vars)
	plans := slices.Clone(r.plans)
	for i := range plans {
		plans[i].Seal = func(h *drift.Host) { sealer.Seal(h, r.policy.Reveal(h.ID)) }
	}
	client := &host.Client{Key: a.getenv("GATE_SSH_KEY"), Passphrase: a.getenv("GATE_SSH_PASSPHRASE"), Warn: a.warn}
	defer client.Close()
	progress := newProgress(a, len(plans))
	hosts, err := client.Collect(ctx, plans, a.flags.parallel, progress)
	progress.end()
	if err != nil {
		return nil, err
	}
	if err := a.previews(ctx, client, r.policy, r.previews, plans, hosts); err != nil {
		return nil, err
	}
	var snapshots []*drift.Snapshot
	for _, e := range r.environments {
		s := &drift.Snapshot{Environment: e, KeyID: sealer.KeyID(), VarsID: vars.ID()}
		for _, h := range hosts {
			if h.ID.Environment == e {
				s.Hosts = append(s.Hosts, h)
			}
		}
		s.Share()
		snapshots = append(snapshots, s)
	}
	return snapshots, nil
}

// digestKey returns the key under which values are sealed: GATE_DIGEST_KEY, or, where what is sealed is not kept, a
// random one for this run.
func (a *app) digestKey(kept bool) ([]byte, error) {
	text := a.getenv("GATE_DIGEST_KEY")
	if text == "" && !kept {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails: crypto/rand
		return key, nil
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if text == "" || err != nil || len(key) < 32 {
		wrong := "not a base64 text of at least 32 bytes"
		if text == "" {
			wrong = "not set"
		}
		return nil, &exitError{
			code: exitUsage, err: fmt.Errorf("GATE_DIGEST_KEY is %s: values that may not be shown are kept as digests under it", wrong),
			hint: "make one, and keep it with your other secrets: head -c 32 /dev/urandom | base64",
		}
	}
	return key, nil
}

func (a *app) warn(line string) {
	fmt.Fprintf(a.err, "gate: %s\n", harmless(line))
}

// progress tells on standard error how far reading is: on a terminal one line that is kept up to date, and nothing
// elsewhere.
type progress struct {
	app     *app
	total   int
	mutex   sync.Mutex
	done    int
	failed  int
	running map[drift.HostID]time.Time
	stop    chan struct{}
	ended   sync.WaitGroup
}

func newProgress(a *app, total int) *progress {
	p := &progress{app: a, total: total, running: map[drift.HostID]time.Time{}, stop: make(chan struct{})}
	if a.errTerminal && !a.flags.quiet {
		p.ended.Go(p.loop)
	}
	return p
}

func (p *progress) Began(id drift.HostID) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.running[id] = time.Now()
}

func (p *progress) Ended(id drift.HostID, err error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.running, id)
	p.done++
	if err != nil {
		p.failed++
	}
}

func (p *progress) loop() {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			fmt.Fprint(p.app.err, "\r\x1b[K")
			return
		case <-tick.C:
			fmt.Fprintf(p.app.err, "\r\x1b[K%s", p.line(time.Now()))
		}
	}
}

// line says how many hosts are read, and which one takes longest.
func (p *progress) line(now time.Time) string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	line := fmt.Sprintf("%d of %d hosts read", p.done, p.total)
	if p.failed > 0 {
		line += fmt.Sprintf(", %d not to the end", p.failed)
	}
	var slowest drift.HostID
	longest := 2 * time.Second
	for id, since := range p.running {
		if d := now.Sub(since); d > longest {
			slowest, longest = id, d
		}
	}
	if slowest != (drift.HostID{}) {
		line += fmt.Sprintf("; waiting for %s (%.0f s)", slowest, longest.Seconds())
	}
	return line
}

func (p *progress) end() {
	close(p.stop)
	p.ended.Wait()
}
