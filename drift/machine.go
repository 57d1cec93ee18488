package drift

import "slices"

// Machine is what finds that two hosts are one machine. Each part is empty where it could not be read. None is a fact: a
// machine that moves or starts again has not drifted.
type Machine struct {
	// Endpoint is where the connection went, behind which jump hosts, and the folder that stands for "/" where one does:
	// "192.0.2.7:22 via 198.51.100.1:22 root /srv/image". What gate itself connects to is an IP address; behind a jump host
	// it is the name that the jump host was given.
	Endpoint string `json:"endpoint,omitempty"`
	// HostKey is the fingerprint of the key that the host has shown: "SHA256:…".
	HostKey string `json:"host_key,omitempty"`
	// ID and Boot are digests of its machine-id(5) and of its kernel's boot id.
	ID   string `json:"id,omitempty"`
	Boot string `json:"boot,omitempty"`
	// Root is the device and the inode of the folder that was read as "/": "65024:2".
	Root string `json:"root,omitempty"`
}

// Same reports whether two hosts are one machine, and why, as the end of a sentence about both. It is false where that is
// not proved.
func (m Machine) Same(other Machine) (why string, same bool) {
	switch {
	case m.identity() != "" && m.identity() == other.identity():
		return "have the same host key, machine-id, boot id and root folder", true
	case m.Endpoint != "" && m.Endpoint == other.Endpoint && !m.apart(other):
		return "are reached at " + m.Endpoint, true
	}
	return "", false
}

// identity is one text of all that a machine shares with no other one, empty where a part of it is missing. Clones have the
// same key and machine-id, and the containers and chroots of one machine the same boot id.
func (m Machine) identity() string {
	if m.HostKey == "" || m.ID == "" || m.Boot == "" || m.Root == "" {
		return ""
	}
	return m.HostKey + " " + m.ID + " " + m.Boot + " " + m.Root
}

// apart reports whether what was read shows that two hosts are not one, though they have the same address: a gateway leads
// to a host that the user's name says, an account is in a chroot of its own, or an address has gone to another machine
// between two snapshots. Folders are compared under one boot id alone: a device may have another number after the next boot.
func (m Machine) apart(other Machine) bool {
	differ := func(a, b string) bool { return a != "" && b != "" && a != b }
	return differ(m.ID, other.ID) || m.Boot != "" && m.Boot == other.Boot && differ(m.Root, other.Root)
}

// SameMachines returns the hosts that share a machine with one of another name, those of each machine together, in their
// order. A host that is read in two roles, or at two times, has one name.
func SameMachines(hosts []*Host) [][]*Host {
	machine := make([]int, len(hosts)) // of each host: the place of another one of it, the same for all of a machine
	like := map[string][]int{}         // by what they may have in common
	for i, h := range hosts {
		machine[i] = i
		for _, key := range []string{h.Machine.Endpoint, h.Machine.identity()} {
			if key == "" {
				continue
			}
			for _, k := range like[key] {
				if machine[k] != machine[i] && h.hasTwin(hosts[k]) {
					replace(machine[:i+1], machine[k], machine[i])
				}
			}
			like[key] = append(like[key], i)
		}
	}
	var groups [][]*Host
	at := map[int]int{}
	for i, h := range hosts {
		group, known := at[machine[i]]
		if !known {
			group = len(groups)
			at[machine[i]] = group
			groups = append(groups, nil)
		}
		groups[group] = append(groups[group], h)
	}
	return slices.DeleteFunc(groups, func(group []*Host) bool { return len(group) < 2 })
}

// hasTwin reports whether a host is one machine with a host of another name.
func (h *Host) hasTwin(other *Host) bool {
	_, same := h.Machine.Same(other.Machine)
	return same && (h.ID.Environment != other.ID.Environment || h.ID.Name != other.ID.Name)
}

func replace(list []int, old, new int) {
	for i := range list {
		if list[i] == old {
			list[i] = new
		}
	}
}
