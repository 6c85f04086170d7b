package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"unknown keys", "domian: a\nsip: {listne: []}\n", `
1:1: unknown key "domian"
2:7: unknown key "sip.listne"`},
		{"unknown key in a list", "conferences:\n  - uri: sip:a@conf.localhost\n    topic: x\n", `
3:5: unknown key "conferences[0].topic"`},
		{"all faults of a file at once", "domain: []\nlog:\n  level: loud\n  format: xml\nlimits: {uri_list: -1}\n", `
1:9: domain: needs a value and has a list
3:10: log.level: "loud" is not one of debug, info, warn, error
4:11: log.format: "xml" is not one of text, json
5:20: limits.uri_list: "-1" is no number from 0 to 1000000`},
		{"shapes", "sip: 1\nfactory: sip:f@conf.localhost\nconferences: [a]\ndomain: {}\nmsrp:\n  max_message:\n", `
1:6: sip: needs a mapping and has a value
2:10: factory: needs a list and has a value
3:15: conferences[0]: needs a mapping and has a value
4:9: domain: needs a value and has a mapping
6:3: msrp.max_message: has no value; "" means empty`},
		{"twice", "domain: a.test\ndomain: b.test\n", `
2:1: domain stands twice`},
		{"syntax", "sip:\n  listen: [\n", `
2:11: no YAML: sequence end token ']' not found`},
		{"two documents", "domain: a.test\n---\ndomain: b.test\n", `
3:7: a second document: one file is one configuration`},
		{"values", "sip: {listen: [tcp://127.0.0.1], advertise: ':5060', trust: [127.0.0.1/8]}\nmsrp: {max_message: 1KB}\nnotify: {expires: 1s, min_interval: 5}\n", `
1:16: sip.listen[0]: "tcp://127.0.0.1": "127.0.0.1" is no host:port
1:45: sip.advertise: ":5060" names no host
1:62: sip.trust[0]: "127.0.0.1/8" has bits beyond its length: 127.0.0.0/8 is meant?
2:21: msrp.max_message: "1KB" is no size such as 64KiB
3:19: notify.expires: 1s is less than 1m
3:37: notify.min_interval: "5" is no duration such as 90s or 24h`},
		{"addresses", "factory: [tel:+1, 'sip:conf.localhost', 'sip:a@conf.localhost?x=y']\nconferences: [{uri: sip:a@b.test}, {uri: 'sip:%61@B.test'}, {subject: x}]\n", `
1:11: factory[0]: "tel:+1" is no sip: or sips: URI
1:19: factory[1]: "sip:conf.localhost" has no user part
1:41: factory[2]: "sip:a@conf.localhost?x=y" has header parts
2:42: conferences[1].uri: sip:%61@B.test is taken by conferences[0].uri
2:62: conferences[2].uri: is missing`},
		{"plain WebSocket", "msrp: {listen: [ws://127.0.0.1:80/m, ws://0.0.0.0:81/m, 'ws://conf.example.test:82/m']}\nhttp: {listen: ''}\n", `
1:38: msrp.listen[1]: ws://0.0.0.0:81/m is neither encrypted nor on loopback: wss, or msrp.plain_ws where another server ends TLS
1:57: msrp.listen[2]: ws://conf.example.test:82/m is neither encrypted nor on loopback: wss, or msrp.plain_ws where another server ends TLS`},
		{"plain WebSocket behind a proxy", "msrp: {listen: [ws://0.0.0.0:81/m], plain_ws: true}\n", ``},
		{"logging in to WebSockets", "msrp: {ws_auth: [digest, password, certificate, digest]}\n", `
1:18: msrp.ws_auth[0]: needs accounts: auth.users or auth.users_file
1:26: msrp.ws_auth[1]: "password" is not one of digest, certificate
1:36: msrp.ws_auth[2]: needs tls.client_ca, which says whose certificates count
1:49: msrp.ws_auth[3]: digest stands twice`},
		{"WebSockets with passwords", "msrp: {ws_auth: [digest]}\nauth: {users: [{aor: sip:a@b.test, password: x}]}\n", ``},
		{"times out of range", "mixer: {chunk_wait: 2h}\n", `
1:21: mixer.chunk_wait: 2h is more than 1h`},
		{"sizes out of range", "msrp: {max_message: 1GiB}\n", `
1:21: msrp.max_message: 1GiB is not within 1KiB and 64MiB`},
		{"local beyond loopback", "sip: {listen: [udp://0.0.0.0:5060]}\nmsrp: {listen: [tcp://:2855]}\nhttp: {listen: '192.0.2.1:80'}\nauth: {local: true}\n", `
4:15: auth.local: is only allowed while every listener is on loopback, and http.listen, 192.0.2.1:80, is not
4:15: auth.local: is only allowed while every listener is on loopback, and msrp.listen[0], :2855, is not
4:15: auth.local: is only allowed while every listener is on loopback, and sip.listen[0], 0.0.0.0:5060, is not`},
		{"listeners", "sip: {listen: [tcp://127.0.0.1:1, udp://127.0.0.1:1, udp://127.0.0.1:1]}\nmsrp: {listen: [udp://127.0.0.1:2855, tcp://127.0.0.1:1]}\n", `
1:54: sip.listen[2]: udp://127.0.0.1:1 stands twice
2:17: msrp.listen[0]: MSRP does not run over UDP
2:39: msrp.listen[1]: tcp://127.0.0.1:1 stands twice`},
		{"web listeners", "sip:\n  listen:\n  - ws://127.0.0.1:80/sip\n  - wss://127.0.0.1:80/sips\n  - ws://127.0.0.1:80/sip\n  - ws://127.0.0.1:0\n  - ws://127.0.0.1:0\n  - tcp://127.0.0.1:81\n  - ws://127.0.0.1:8080/readyz\n  - ws://127.0.0.1:82/a?b\nhttp: {listen: '127.0.0.1:81'}\ntls: {certificate: a, key: b}\n", `
4:5: sip.listen[1]: wss://127.0.0.1:80/sips needs TLS on the address of sip.listen[0], which has none
5:5: sip.listen[2]: ws://127.0.0.1:80/sip stands twice
7:5: sip.listen[4]: ws://127.0.0.1:0/ stands twice
10:5: sip.listen[7]: "ws://127.0.0.1:82/a?b": "/a?b" is no path such as /sip
11:16: http.listen: 127.0.0.1:81 is taken by sip.listen[5]`},
		{"paths of HTTP", "sip: {listen: ['ws://127.0.0.1:8080/readyz', 'ws://127.0.0.1:8080', 'ws://127.0.0.1:8081/readyz']}\n", `
1:16: sip.listen[0]: /readyz of 127.0.0.1:8080 belongs to http.listen
1:46: sip.listen[1]: / of 127.0.0.1:8080 belongs to http.listen`},
		{"certificates", "sip: {listen: ['tls://127.0.0.1:5061', 'wss://127.0.0.1:443/sip']}\ntls: {client_ca: a}\n", `
1:16: sip.listen[0]: tls://127.0.0.1:5061 needs tls.certificate
1:40: sip.listen[1]: wss://127.0.0.1:443/sip needs tls.certificate
2:18: tls.client_ca: is of no use without tls.certificate`},
		{"half a certificate", "tls: {certificate: a}\n", `
1:20: tls.certificate: needs tls.key`},
		{"the other half", "tls: {key: a}\n", `
1:12: tls.key: needs tls.certificate`},
		{"none", "sip: {listen: []}\n", `
1:15: sip.listen: needs at least one listener`},
		{"trusted listeners", "sip: {listen: [udp://127.0.0.1:5060], trust: ['listener:udp://127.0.0.1:5060', 'listener:tcp://127.0.0.1:5060', 'listener:ws://127.0.0.1:80/sip', 'listener:x']}\n", `
1:80: sip.trust[1]: tcp://127.0.0.1:5060 is none of sip.listen
1:113: sip.trust[2]: ws://127.0.0.1:80/sip may be behind a proxy and proves nothing
1:147: sip.trust[3]: "x" does not begin with udp://, tcp://, tls://, ws:// or wss://`},
		{"names without authority", "sip: {trust: ['tls:a.test']}\nauth: {users: [{aor: sip:a@b.test, password: x}]}\n", `
1:15: sip.trust[0]: tls:a.test needs tls.client_ca, which says whose certificates count`},
		{"mixer", "mixer: {report: some, congestion: stop, wrapped_types: [text], reserved_nicknames: [' '],\n quirks: [{set: [nothing]}]}\n", `
1:17: mixer.report: "some" is not one of full, partial
1:35: mixer.congestion: "stop" is not one of cut, tell, drop
1:57: mixer.wrapped_types[0]: "text" is no media type
1:85: mixer.reserved_nicknames[0]: " " could not be a nickname
2:18: mixer.quirks[0].set[0]: "nothing" is not one of whole, exact_ranges, chunk_cap, content_disposition, anon_means_room, pm_unaware, status_lines, conference_aware, no_imdn, unquoted_nick`},
		{"durable nowhere", "store: {path: ''}\nconferences:\n- uri: sip:a@conf.localhost\n  policy: {history: {durable: true}}\n", `
4:31: conferences[0].policy.history.durable: needs a folder: store.path is empty`},
		{"accounts", "auth: {users: [{password: x}, {aor: sip:a@b.test}, {aor: sip:c@b.test, password: x, ha1: {MD5: 00112233445566778899aabbccddeeff}}, {aor: sip:d@b.test, ha1: {SHA-256: 00, SHA-1: 00}}]}\n", `
1:17: auth.users[0].aor: is missing
1:32: auth.users[1]: needs a password or ha1
1:53: auth.users[2]: has both a password and ha1
1:167: auth.users[3].ha1.SHA-256: needs 64 hexadecimal digits
1:171: auth.users[3].ha1: "SHA-1" is not one of SHA-256, MD5`},
		{"history", "defaults: {history: {keep: 0, replay: 20}}\n", `
1:39: defaults.history.replay: 20 messages cannot be shown when 0 are kept`},
		{"environment", "domain: ${NONE}\nstore: {path: '${A'}\n", `
1:9: domain: the environment has no "NONE"
2:15: store.path: ${ without }; $${ stands for ${ itself`},
		{"control characters", "store: {path: \"a\\nb\"}\n", `
1:15: store.path: holds a control character or a line break`},
		{"not UTF-8", "domain: \xff\n", `
1:1: not UTF-8`},
		{"deep", strings.Repeat("[", 100), `
1:1: nested too deeply`},
		{"list at the top", "- a\n", `
1:1: needs a mapping and has a list`},
	}
	conform.Covers(t, "WS-01")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("c", []byte(tt.text), nil)
			got := ""
			if err != nil {
				got = "\n" + err.Error()
			}
			if diff := cmp.Diff(strings.ReplaceAll(tt.want, "\n", "\nc:"), got); diff != "" {
				t.Errorf("faults of\n%s(-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestFaultsNameTheVariable(t *testing.T) {
	t.Parallel()
	_, err := config.Parse("c", nil, environment("CONFAB_SIP_LISTEN=sctp://a:1", "CONFAB_AUTH_USERS=[", "CONFAB_DOMAIN="))
	const want = `CONFAB_AUTH_USERS:1:1: no YAML: sequence end token ']' not found
CONFAB_DOMAIN:1:1: domain: "" is no host name or IP address
CONFAB_SIP_LISTEN:1:1: sip.listen[0]: "sctp://a:1" does not begin with udp://, tcp://, tls://, ws:// or wss://`
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	t.Parallel()
	c := config.LocalProfile()
	c.SIP.Listen[0].Address = "0.0.0.0:5060"
	const want = "auth.local: is only allowed while every listener is on loopback, and sip.listen[0], 0.0.0.0:5060, is not"
	if err := c.Validate(); err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}
