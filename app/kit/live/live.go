// Package live keeps screens true: an event log in PostgreSQL, a hub of numbered frames per instance, and the socket
// that carries them. It knows topics and bytes, no HTML and no front desk.
package live
