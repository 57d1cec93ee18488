package gate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
)

// Hosts of one role must agree in what differs between environments, unless the policy says what each must have.
func TestDifferWithin(t *testing.T) {
	const fact = drift.Address(`deb["openssl"].version`)
	tests := []struct {
		name   string
		values string
		hosts  map[string]string
		want   []string
	}{
		{"as it should", "", map[string]string{"production/*": "4"}, []string{}},
		{"the same", "", nil, []string{"drift.differ"}},
		{"production disagrees", "", map[string]string{"production/web/production-1": "4", "production/web/production-2": "5"}, []string{"drift.within"}},
		{"staging disagrees", "", map[string]string{"staging/web/staging-1": "4", "staging/web/staging-2": "5"}, []string{"drift.within"}},
		{"both disagree", "", map[string]string{"production/web/production-1": "4", "production/web/production-2": "5", "staging/web/staging-1": "6"},
			[]string{"drift.within", "drift.within"}},
		{"one of them is the same", "", map[string]string{"production/web/production-1": "4"}, []string{"drift.differ"}},
		{"production's is told", `values = { production = "4" }`, map[string]string{"production/web/production-1": "4"}, []string{"drift.differ"}},
		{"staging's is not told", `values = { production = "4" }`, map[string]string{"production/*": "4", "staging/web/staging-1": "5"}, []string{"drift.within"}},
		{"a version that is called as the host is", "", map[string]string{"production/web/production-1": "production-1", "production/web/production-2": "production-2"}, []string{"drift.within"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := load(t, environments+asked["deb"]+"\ncompare {\n  differ {\n    fact = deb[\"openssl\"].version\n    "+tt.values+"\n  }\n}\n")
			snapshots := read(p)
			for hosts, value := range tt.hosts {
				set(snapshots, hosts, fact, text(value))
			}
			v := decide(t, p, snapshots)
			if diff := cmp.Diff(codes(v), tt.want); diff != "" {
				t.Errorf("(-got +want)\n%s\n%s", diff, brief(v))
			}
		})
	}
}

// Hosts that agree but for their own names agree.
func TestDifferByOwnNames(t *testing.T) {
	const fact = drift.Address(`file["/etc/app/x.ini"].entries["name"]`)
	p := load(t, environments+asked["file"]+"\ncompare {\n  differ {\n    fact = file[\"/etc/app/x.ini\"].entries[\"name\"]\n  }\n}\n")
	snapshots := read(p)
	for hosts, name := range map[string]string{"staging/*": "staging", "production/web/production-1": "production-1", "production/web/production-2": "production-2"} {
		set(snapshots, hosts, fact, text(name))
	}
	if v := decide(t, p, snapshots); len(v.Findings) > 0 {
		t.Error(brief(v))
	}
}
