// Package drift is the model of what was read from hosts, and the comparison of it. It reads nothing itself.
//
// A [Fact] is one [Address] and one [Value]. A collector returns facts in a [Section], one for each scope (a file, a
// virtual environment, a unit), with a [Status]; all sections of a host are a [Host], all hosts of an environment a
// [Snapshot]. [Host.Lookup] answers what a host has at an address, and whether that could be told: what was not read is
// Unknown, never Absent. [Compare] finds what differs between two sides that should be alike.
//
// Values that may not be shown are sealed by a [Sealer] as soon as they are parsed, so that nothing behind it, no
// report, file or log, can contain them.
package drift
