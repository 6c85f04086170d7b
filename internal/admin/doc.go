// Package admin is the client of the HTTP API that `confab conference` uses: it
// carries an operation out and prints the result, as text for people or as the
// JSON that the server sent.
package admin
