package archtest

// module is the path of the module whose tree is checked.
const module = "github.com/confab-chat/confab"

// floor is one storey of the house. A package imports only from floors below
// its own, from packages its row names, and from outside the module.
type floor int

const (
	wire      floor = iota // bytes <-> values; no goroutine, socket, clock or log
	endpoints              // state machines and the connections that drive them
	server                 // the conference server
	program                // commands: flags, wiring, terminal output
)

// row places a package, and everything below its path, on a floor. The row with
// the longest path that fits a package is the one that counts.
type row struct {
	path  string   // import path within the module
	floor floor    // where it stands
	may   []string // packages of its own floor that it imports
	only  []string // when not nil: all it may import of the module, whatever the floor
	pure  bool     // keeps the rules of the wire floor, although it stands above it
}

// house is the picture in ARCHITECTURE.md as data. A package without a row of
// its own stands where its parent stands and imports nothing of that floor.
func house() []row {
	sipStack := []string{"sip/transport", "sip/transaction", "sip/dialog", "sip/digest"}
	meeting := []string{"internal/access", "internal/conference", "internal/journal", "internal/instance", "internal/identity", "internal/telemetry"}
	return []row{
		{path: "sip", floor: wire, may: []string{"sip/sipmsg"}},
		{path: "sip/sipmsg", floor: wire},
		{path: "sip/sipid", floor: wire},
		{path: "msrp/msrpwire", floor: wire},
		{path: "websocket/wsframe", floor: wire},
		{path: "sdp", floor: wire, may: []string{"msrp/msrpwire"}},
		{path: "cpim", floor: wire},
		{path: "redact", floor: wire},
		{path: "imdn", floor: wire},
		{path: "confinfo", floor: wire},
		{path: "resourcelist", floor: wire, may: []string{"sip"}},

		{path: "wheel", floor: endpoints, only: []string{}},
		{path: "websocket", floor: endpoints},
		{path: "tcp", floor: endpoints, only: []string{}},
		{path: "sip/transport", floor: endpoints, may: []string{"wheel", "websocket", "tcp"}},
		{path: "sip/transport/transporttest", floor: endpoints, may: []string{"sip/transport"}},
		{path: "sip/locate", floor: endpoints, may: []string{"sip/transport"}},
		{path: "sip/transaction", floor: endpoints, may: []string{"wheel", "sip/transport"}},
		{path: "sip/dialog", floor: endpoints, may: []string{"wheel", "sip/transport", "sip/transaction"}},
		{path: "sip/digest", floor: endpoints},
		{path: "sip/invite", floor: endpoints, may: append(sipStack, "wheel")},
		{path: "sip/event", floor: endpoints, may: append(sipStack, "wheel")},
		{path: "sip/refer", floor: endpoints, may: append(sipStack, "wheel", "sip/event")},
		{path: "sip/ua", floor: endpoints, may: append(sipStack, "wheel", "sip/invite", "sip/event", "sip/refer", "sip/locate")},
		{path: "msrp", floor: endpoints, may: []string{"wheel", "websocket", "tcp"}},
		{path: "filetransfer", floor: endpoints},
		{path: "participant", floor: endpoints, may: []string{"wheel", "sip", "msrp", "filetransfer"}},

		{path: "internal/conference", floor: server, only: []string{}, pure: true},
		{path: "internal/journal", floor: server, may: []string{"internal/conference"}},
		{path: "internal/journal/local", floor: server, may: []string{"internal/conference", "internal/journal"}},
		{path: "internal/journal/codec", floor: server, may: []string{"internal/conference"}, pure: true},
		{path: "internal/journal/journaltest", floor: server, may: []string{"internal/conference", "internal/journal"}},
		{path: "internal/journal/jetstream", floor: server, may: []string{"internal/conference", "internal/journal"}},
		{path: "internal/store", floor: server, may: []string{"internal/conference", "internal/instance", "internal/journal"}},
		{path: "internal/instance", floor: server, may: []string{"internal/conference", "internal/journal", "internal/telemetry"}},
		{path: "internal/identity", floor: server, may: []string{"internal/conference", "internal/telemetry"}},
		{path: "internal/access", floor: server, may: []string{"internal/conference", "internal/identity", "internal/instance"}},
		{path: "internal/focus", floor: server, may: meeting},
		{path: "internal/focus/focustest", floor: server, may: []string{"internal/conference", "internal/focus"}},
		{path: "internal/mixer", floor: server, may: meeting},
		{path: "internal/notify", floor: server, may: meeting},
		{path: "internal/api", floor: server, may: meeting},
		{path: "internal/server", floor: server, may: []string{"internal"}},
		{path: "internal/demo", floor: server, may: []string{"internal/server", "internal/config"}},
		{path: "internal/conform", floor: server, may: []string{"internal/conform"}},
		{path: "internal/testnet/flow", floor: server, may: []string{"internal/testnet"}},
		{path: "internal/testnet/fanout", floor: server, may: []string{"internal/testnet"}},
		{path: "internal", floor: server},

		{path: "cmd", floor: program, only: []string{"cmd", "participant", "internal/server", "internal/config", "internal/chat", "internal/demo", "internal/admin"}},
	}
}

// testing names what every test may import besides what its package may.
func testing() []string {
	return []string{"internal/conform", "internal/testnet", "internal/testnet/fanout", "internal/testnet/flow", "internal/testnet/relay", "internal/testnet/testca", "internal/journal/journaltest", "internal/focus/focustest"}
}

// neighbours never import each other, not even in tests: they meet in instance.
func neighbours() []string {
	return []string{"internal/focus", "internal/mixer", "internal/notify", "internal/api"}
}

// machinery lists packages outside the module that the wire floor stays away from.
func machinery() []string {
	return []string{"context", "crypto/tls", "log", "log/slog", "net", "net/http", "os", "os/exec", "os/signal", "syscall"}
}

// clockwork lists what the wire floor does not use of package time: all that
// reads the clock or waits for it. Durations and dates are values like others.
func clockwork() []string {
	return []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}
}
