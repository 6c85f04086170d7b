package testnet

import "strings"

// Knock is the opening handshake of a WebSocket client (RFC 6455 §4.1): a change
// "Header: value" replaces or adds a line, and "Header" alone leaves one out.
func Knock(path, subprotocol, host string, changes ...string) string {
	lines := []string{
		"Host: " + host, "Upgrade: websocket", "Connection: keep-alive, Upgrade",
		"Sec-WebSocket-Key: aW1zLWV4YW1wbGUta2V5MQ==", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: " + subprotocol,
	}
	for _, change := range changes {
		name, _, replaced := strings.Cut(change, ": ")
		kept := lines[:0:0]
		for _, line := range lines {
			if !strings.HasPrefix(line, name+": ") {
				kept = append(kept, line)
			}
		}
		if lines = kept; replaced {
			lines = append(lines, change)
		}
	}
	return "GET " + path + " HTTP/1.1\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"
}
