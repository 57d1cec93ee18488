package host

import (
	"fmt"
	"slices"
	"strings"
)

// keyword is what gate does about one keyword of ssh_config(5), as ssh -G prints it.
type keyword struct {
	treatment treatment
	why       string                  // why it may be ignored, or what is wrong with it
	accept    func(value string) bool // of refused keywords: the values that ask for nothing
}

type treatment int

const (
	unknown  treatment = iota
	honoured           // it means here what it means to ssh
	harmless           // what it asks for has no bearing on reading a host
	refused            // gate cannot do it, and without it the host would not be reached as configured
)

// keywords has every keyword that ssh -G prints, of OpenSSH 7.4 to 10 with the patches of Debian, Fedora and Apple.
var keywords = map[string]keyword{
	"host":                        does,
	"user":                        does,
	"hostname":                    does,
	"port":                        does,
	"addressfamily":               does,
	"bindaddress":                 does,
	"connectionattempts":          does,
	"connecttimeout":              does,
	"serveraliveinterval":         does,
	"serveralivecountmax":         does,
	"tcpkeepalive":                does,
	"identityfile":                does,
	"identityagent":               does,
	"identitiesonly":              does,
	"certificatefile":             does,
	"userknownhostsfile":          does,
	"globalknownhostsfile":        does,
	"revokedhostkeys":             does,
	"hostkeyalias":                does,
	"hostkeyalgorithms":           does,
	"casignaturealgorithms":       does,
	"requiredrsasize":             does,
	"rsaminsize":                  does,
	"ciphers":                     does,
	"kexalgorithms":               does,
	"macs":                        does,
	"pubkeyacceptedalgorithms":    does,
	"pubkeyacceptedkeytypes":      does,
	"proxyjump":                   does,
	"canonicalizehostname":        ignored("ssh -G has done it already"),
	"canonicaldomains":            ignored("ssh -G has done it already"),
	"canonicalizefallbacklocal":   ignored("ssh -G has done it already"),
	"canonicalizemaxdots":         ignored("ssh -G has done it already"),
	"canonicalizepermittedcnames": ignored("ssh -G has done it already"),
	"ignoreunknown":               ignored("ssh -G has done it already"),
	"include":                     ignored("ssh -G has done it already"),
	"tag":                         ignored("ssh -G has done it already"),

	"stricthostkeychecking":            ignored("host keys are always checked as with yes"),
	"checkhostip":                      ignored("addresses are not checked beside names, as by default"),
	"verifyhostkeydns":                 ignored("DNS is not taken as proof of a host key"),
	"nohostauthenticationforlocalhost": ignored("host keys are checked there too"),
	"hashknownhosts":                   ignored("nothing is written to known_hosts"),
	"updatehostkeys":                   ignored("nothing is written to known_hosts"),
	"fingerprinthash":                  ignored("fingerprints are always SHA256"),
	"visualhostkey":                    ignored("only a way to show a key"),

	"batchmode":                       ignored("nothing is ever asked"),
	"numberofpasswordprompts":         ignored("nothing is ever asked"),
	"passwordauthentication":          ignored("only keys are used"),
	"kbdinteractiveauthentication":    ignored("only keys are used"),
	"kbdinteractivedevices":           ignored("only keys are used"),
	"challengeresponseauthentication": ignored("only keys are used"),
	"hostbasedauthentication":         ignored("only keys are used"),
	"hostbasedacceptedalgorithms":     ignored("only keys are used"),
	"hostbasedkeytypes":               ignored("only keys are used"),
	"enablesshkeysign":                ignored("only keys are used"),
	"gssapiauthentication":            ignored("only keys are used"),
	"gssapikeyexchange":               ignored("only keys are used"),
	"gssapidelegatecredentials":       ignored("only keys are used"),
	"gssapitrustdns":                  ignored("only keys are used"),
	"gssapirenewalforcesrekey":        ignored("only keys are used"),
	"gssapikexalgorithms":             ignored("only keys are used"),
	"gssapiclientidentity":            ignored("only keys are used"),
	"gssapiserveridentity":            ignored("only keys are used"),
	"rsaauthentication":               ignored("a matter of version 1 of the protocol"),
	"rhostsrsaauthentication":         ignored("a matter of version 1 of the protocol"),
	"protocol":                        ignored("only version 2 of the protocol is spoken"),
	"cipher":                          ignored("a matter of version 1 of the protocol"),
	"compressionlevel":                ignored("a matter of version 1 of the protocol"),
	"useprivilegedport":               ignored("a matter of host-based authentication"),
	"usekeychain":                     ignored("passphrases come from the agent or GATE_SSH_PASSPHRASE"),
	"addkeystoagent":                  ignored("keys are read, and never given to an agent"),
	"securitykeyprovider":             ignored("a security key is used through the agent; its key file is passed over"),
	"forwardagent":                    ignored("the agent is never forwarded"),
	"forwardx11":                      ignored("nothing is forwarded"),
	"forwardx11timeout":               ignored("nothing is forwarded"),
	"forwardx11trusted":               ignored("nothing is forwarded"),
	"xauthlocation":                   ignored("nothing is forwarded"),
	"localforward":                    ignored("nothing is forwarded"),
	"remoteforward":                   ignored("nothing is forwarded"),
	"dynamicforward":                  ignored("nothing is forwarded"),
	"gatewayports":                    ignored("nothing is forwarded"),
	"clearallforwardings":             ignored("nothing is forwarded"),
	"exitonforwardfailure":            ignored("nothing is forwarded"),
	"permitremoteopen":                ignored("nothing is forwarded"),
	"streamlocalbindmask":             ignored("nothing is forwarded"),
	"streamlocalbindunlink":           ignored("nothing is forwarded"),
	"tunnel":                          ignored("nothing is forwarded"),
	"tunneldevice":                    ignored("nothing is forwarded"),
	"controlmaster":                   ignored("connections are made anew, so that what is read is what is there"),
	"controlpath":                     ignored("connections are made anew, so that what is read is what is there"),
	"controlpersist":                  ignored("connections are made anew, so that what is read is what is there"),
	"channeltimeout":                  ignored("a time limit stands on the whole collection"),
	"sendenv":                         ignored("the probe sets its own environment"),
	"setenv":                          ignored("the probe sets its own environment"),
	"remotecommand":                   ignored("the probe is run instead"),
	"requesttty":                      ignored("no terminal is asked for"),
	"sessiontype":                     ignored("the probe is always run by exec"),
	"stdinnull":                       ignored("the probe needs its standard input"),
	"forkafterauthentication":         ignored("a matter of interactive use"),
	"permitlocalcommand":              ignored("no local command is run"),
	"localcommand":                    ignored("no local command is run"),
	"escapechar":                      ignored("a matter of interactive use"),
	"enableescapecommandline":         ignored("a matter of interactive use"),
	"obscurekeystroketiming":          ignored("a matter of interactive use"),
	"compression":                     ignored("only a matter of speed"),
	"ipqos":                           ignored("only a matter of speed"),
	"rekeylimit":                      ignored("keys are renewed at least as often as RFC 4344 asks"),
	"loglevel":                        ignored("gate has messages of its own"),
	"logverbose":                      ignored("gate has messages of its own"),
	"syslogfacility":                  ignored("gate has messages of its own"),
	"warnweakcrypto":                  ignored("gate has messages of its own"),
	"versionaddendum":                 ignored("only a name that the client gives itself"),
	"proxyusefdpass":                  ignored("a matter of ProxyCommand"),
	"preferredauthentications":        refuses(hasPublicKey, "gate authenticates with keys only"),
	"pubkeyauthentication":            refuses(unless("yes", "true", "unbound", "host-bound"), "gate authenticates with keys only"),
	"proxycommand":                    refuses(unless("none"), "gate does not run it; ProxyJump is supported, and a policy can name one (proxy_jump) or another configuration (config)"),
	"knownhostscommand":               refuses(unless("none"), "gate does not run it; put the keys into a known_hosts file"),
	"pkcs11provider":                  refuses(unless("none"), "gate does not load it; put the key into an agent: ssh-add -s PROVIDER"),
	"smartcarddevice":                 refuses(unless("none"), "gate does not load it; put the key into an agent"),
	"bindinterface":                   refuses(unless("none"), "gate cannot bind to an interface; BindAddress is supported"),
	"refuseconnection":                refuses(unless("none"), "the configuration says not to connect"),
}

// does is a keyword that is honoured.
var does = keyword{treatment: honoured}

func ignored(why string) keyword { return keyword{treatment: harmless, why: why} }

func refuses(accept func(string) bool, why string) keyword {
	return keyword{treatment: refused, accept: accept, why: why}
}

// unless accepts values.
func unless(values ...string) func(string) bool {
	return func(value string) bool { return slices.Contains(values, strings.ToLower(value)) }
}

func hasPublicKey(value string) bool {
	return value == "none" || slices.Contains(strings.Split(value, ","), "publickey")
}

// checkKeyword returns an error if gate cannot do what a line of ssh -G asks for.
func checkKeyword(name, value string) error {
	k := keywords[name]
	if k.treatment == refused && !k.accept(value) {
		if program, _, ok := strings.Cut(value, " "); ok && strings.HasSuffix(name, "command") {
			value = program + " …" // what follows may be a password
		}
		return fmt.Errorf("its ssh configuration has %s %q: %s", name, clean(value, 200), k.why)
	}
	return nil
}
