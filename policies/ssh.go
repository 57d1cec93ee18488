package policies

import (
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// SSH is an ssh block: settings that stand over those of ssh_config(5). Paths are as they are written. Zero fields are
// left to ssh_config.
type SSH struct {
	User             string
	Port             int
	Hostname         string
	IdentityFiles    []string
	CertificateFiles []string
	KnownHosts       []string
	ProxyJump        string
	HostKeyAlias     string
	Config           string // a file, or "none"
	ConnectTimeout   time.Duration
	Timeout          time.Duration
	Root             string // a folder of the host that stands for "/"
}

// ssh reads an ssh block over other settings.
func (d *decoder) ssh(b *hclsyntax.Block, over SSH) SSH {
	s := over
	d.block(b,
		attr("user", d.text(&s.User)),
		attr("port", d.port(&s.Port)),
		attr("hostname", d.text(&s.Hostname)),
		attr("identity_files", d.filesOf(&s.IdentityFiles)),
		attr("certificate_files", d.filesOf(&s.CertificateFiles)),
		attr("known_hosts", d.filesOf(&s.KnownHosts)),
		attr("proxy_jump", d.text(&s.ProxyJump)),
		attr("host_key_alias", d.text(&s.HostKeyAlias)),
		attr("config", d.text(&s.Config)),
		attr("connect_timeout", d.duration(&s.ConnectTimeout, true)),
		attr("timeout", d.duration(&s.Timeout, true)),
		attr("root", d.root(&s.Root)),
	)
	return s
}

// port reads a TCP port.
func (d *decoder) port(to *int) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		port := 0
		d.number(&port, 1)(a)
		if port > 65535 {
			d.error(a.Expr.Range(), "Bad number", "A port is at most 65535.")
		}
		*to = port
	}
}

// filesOf reads a file, or a list of files.
func (d *decoder) filesOf(to *[]string) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		*to = nil
		if v, ok := d.quiet().value(a.Expr, cty.DynamicPseudoType); ok && v.Type() == cty.String {
			if w, ok := d.word(a); ok {
				*to = []string{w.text}
			}
			return
		}
		d.strings(to)(a)
	}
}

func (d *decoder) root(to *string) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		d.text(to)(a)
		if *to != "" && (*to)[0] != '/' {
			d.error(a.Expr.Range(), "Bad folder", "%q is a folder of the host: it begins with \"/\".", a.Name)
		}
	}
}
