package collect

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/pypa"
)

// pythonPackage is an installed distribution, as it is judged.
type pythonPackage struct {
	item      *pythonItem
	name      string // as written
	version   string
	order     *pypa.Version // version, once it was asked for
	orderErr  error
	unknown   string // why the version could not be told
	untold    string // why its requirements could not be told
	requires  []pypa.Dependency
	python    string // Requires-Python
	editable  bool
	direct    *pypa.DirectURL
	unplaced  string // why it could not be told where it is from
	installer drift.Value
	problems  []string
	doubt     string // why its problems could not be told in full
}

// list makes the packages of the live sites, and their facts. Those of the environment hide those of the system.
func (h *pythonHealth) list() {
	for _, site := range h.live {
		for _, leftover := range site.leftovers {
			if !site.shared {
				h.problems = append(h.problems, "left over from an installation: "+leftover)
			}
		}
		for _, item := range site.items {
			p := item.judge()
			key := pypa.NormalizeName(p.name)
			switch other := h.packages[key]; {
			case other == nil || other.item.site.shared && !site.shared:
				h.packages[key] = p
			case !other.item.site.shared && !site.shared:
				other.join(p)
			}
		}
	}
	for key, p := range h.packages {
		h.packageFacts(key, p)
	}
}

// join takes another distribution of the same name, which is one too many.
func (p *pythonPackage) join(other *pythonPackage) {
	p.problems = append(p.problems, fmt.Sprintf("installed twice: %s and %s", p.item.name, other.item.name))
	if p.version != other.version {
		p.unknown = "installed twice, in different versions"
	}
	p.untold = "installed twice"
}

func (h *pythonHealth) packageFacts(key string, p *pythonPackage) {
	at := h.at.Attr("packages").Key(key)
	if slices.Contains(p.item.denied, "folder") {
		h.add(at, drift.UnknownValue(p.unknown))
		h.unknown = append(h.unknown, p.name+": "+p.doubt)
		return
	}
	if p.unknown != "" {
		h.add(at.Attr("version"), drift.UnknownValue(p.unknown))
	} else {
		h.add(at.Attr("version"), drift.String(p.version))
	}
	h.add(at.Attr("location"), drift.String(strings.TrimPrefix(p.item.site.path, h.path+"/")))
	h.origin(at, p)
	h.missing(at, p)
	slices.Sort(p.problems)
	if p.doubt != "" {
		h.add(at.Attr("problems"), drift.UnknownValue(p.doubt))
		h.unknown = append(h.unknown, p.name+": "+p.doubt)
	} else {
		h.add(at.Attr("problems"), drift.Strings(p.problems...))
	}
	for _, problem := range p.problems {
		h.problems = append(h.problems, key+": "+problem)
	}
}

// origin tells what installed a package, and from where.
func (h *pythonHealth) origin(at drift.Address, p *pythonPackage) {
	if p.installer.Kind != drift.Absent {
		h.add(at.Attr("installer"), p.installer)
	}
	if p.unplaced != "" {
		h.add(at.Attr("editable"), drift.UnknownValue(p.unplaced))
		h.add(at.Attr("direct_url"), drift.UnknownValue(p.unplaced))
		return
	}
	h.add(at.Attr("editable"), drift.Bool(p.editable))
	if p.direct != nil {
		h.add(at.Attr("direct_url"), drift.String(p.direct.String()))
	}
}

// missing tells the files of RECORD that are not there.
func (h *pythonHealth) missing(at drift.Address, p *pythonPackage) {
	record := p.item.record
	if record == nil {
		return
	}
	switch {
	case !record.whole:
		p.doubt = "RECORD could not be read"
	case record.unsure > 0:
		p.doubt = fmt.Sprintf("may not look for %d of its files", record.unsure)
	case record.gone == 0:
		return
	case record.gone == record.total:
		p.problems = append(p.problems, fmt.Sprintf("none of its %d files is there", record.total))
	default:
		p.problems = append(p.problems, fmt.Sprintf("%d of its %d files are missing", record.gone, record.total))
	}
	files, err := pypa.ParseRecord(strings.NewReader(strings.Join(record.missing, "\n")))
	if err != nil || p.doubt != "" {
		h.add(at.Attr("missing"), drift.UnknownValue("which files of RECORD are missing could not be told"))
		return
	}
	var names []string
	for _, file := range files {
		names = append(names, file.Path)
	}
	slices.Sort(names)
	h.add(at.Attr("missing"), drift.Strings(names...))
}

// judge reads what an item says of itself.
func (i *pythonItem) judge() *pythonPackage {
	p := &pythonPackage{item: i}
	p.name, p.version = i.fromName()
	if slices.Contains(i.denied, "folder") {
		p.unknown, p.untold, p.doubt = "may not look into "+i.name, "may not look into "+i.name, "may not look into "+i.name
		return p
	}
	p.metadata()
	p.origin()
	p.installer = i.installer()
	if slices.Contains(i.denied, "record") {
		p.doubt = "RECORD may not be read"
	} else if i.record == nil && strings.HasSuffix(i.name, ".dist-info") && !i.site.shared {
		p.problems = append(p.problems, "RECORD is missing: pip cannot uninstall it")
	}
	return p
}

// fromName tells name and version from the item's own name: name-version.dist-info, name-version-py3.11.egg-info.
func (i *pythonItem) fromName() (name, version string) {
	stem := strings.TrimSuffix(i.name, path.Ext(i.name))
	name, rest, _ := strings.Cut(stem, "-")
	version, _, _ = strings.Cut(rest, "-")
	if strings.HasSuffix(i.name, ".egg-link") {
		return stem, ""
	}
	return name, version
}

// metadata reads METADATA or PKG-INFO, and the requirements of egg-info.
func (p *pythonPackage) metadata() {
	text := p.item.files["metadata"]
	switch {
	case slices.Contains(p.item.denied, "metadata") || text != nil && !text.whole:
		p.unknown, p.untold, p.doubt = "METADATA may not be read", "METADATA may not be read", "METADATA may not be read"
		return
	case slices.Contains(p.item.denied, "link") || slices.Contains(p.item.denied, "target"):
		p.unknown, p.untold, p.doubt = "may not look where it links to", "may not look where it links to", "may not look where it links to"
		return
	case text == nil:
		p.untold = "METADATA is missing"
		p.problems = append(p.problems, p.item.withoutMetadata())
		if p.version == "" {
			p.unknown = "METADATA is missing"
		}
		return
	}
	m, err := pypa.ParseMetadata(text.reader())
	if m.Name != "" {
		p.name = m.Name
	}
	if m.Version != "" {
		p.version = m.Version
	}
	p.requires, p.python = m.Requires, m.RequiresPython
	if err != nil {
		p.problems = append(p.problems, "METADATA is damaged: "+strings.ReplaceAll(err.Error(), "\n", ", "))
		p.untold = "METADATA is damaged"
	}
	if p.version == "" {
		p.unknown = "METADATA is damaged"
	}
	p.requiresTxt()
}

func (i *pythonItem) withoutMetadata() string {
	if i.files["link"] != nil {
		return "its egg-link leads to no egg-info"
	}
	if strings.HasSuffix(i.name, ".dist-info") {
		return "METADATA is missing: pip does not see it"
	}
	return "PKG-INFO is missing"
}

func (p *pythonPackage) requiresTxt() {
	text := p.item.files["requires"]
	switch {
	case slices.Contains(p.item.denied, "requires") || text != nil && !text.whole:
		p.untold = "requires.txt may not be read"
	case text != nil:
		requires, err := pypa.ParseRequiresTxt(text.reader())
		p.requires = append(p.requires, requires...)
		if err != nil {
			p.untold = "requires.txt is damaged"
		}
	}
}

// origin tells where a distribution is from.
func (p *pythonPackage) origin() {
	link, text := p.item.files["link"], p.item.files["origin"]
	switch {
	case link != nil && link.whole:
		if dir, err := pypa.ParseEggLink(link.reader()); err == nil {
			p.editable, p.direct = true, &pypa.DirectURL{URL: "file://" + dir, Editable: true}
			return
		}
		p.problems = append(p.problems, "its egg-link is damaged")
		p.unplaced = "its egg-link is damaged"
	case link != nil || slices.Contains(p.item.denied, "link"):
		p.unplaced = "its egg-link may not be read"
	case slices.Contains(p.item.denied, "origin") || text != nil && !text.whole:
		p.unplaced = "direct_url.json may not be read"
	case text != nil:
		direct, err := pypa.ParseDirectURL(text.reader())
		if err != nil {
			p.problems = append(p.problems, "direct_url.json is damaged")
			p.unplaced = "direct_url.json is damaged"
			return
		}
		p.editable, p.direct = direct.Editable, &direct
	}
}

func (i *pythonItem) installer() drift.Value {
	text := i.files["installer"]
	switch {
	case slices.Contains(i.denied, "installer") || text != nil && !text.whole:
		return drift.UnknownValue("INSTALLER may not be read")
	case text == nil || len(text.lines) == 0:
		return drift.Value{}
	}
	return drift.String(strings.TrimSpace(text.lines[0]))
}
