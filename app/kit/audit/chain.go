package audit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// link is one audit row together with its place in the chain. Everything in it is under the seal, but the mac itself.
type link struct {
	Seq      int64
	Prev     []byte `bun:"-"` // mac of the link before; empty for the first
	Mac      []byte
	SealedAt time.Time
	Horizon  string // the next transaction id at the time of sealing
	Gone     bool   // the row is no longer there

	ID        int64
	Xid       string
	At        time.Time
	SiteID    *int64
	ActorKind string
	ActorID   int64
	ActorName string
	Verb      string
	Subject   string
	SubjectID int64
	Fields    []string `bun:",array"`
	Reason    string
}

// rowColumns are the columns of audit_log as a link reads them; a test holds them against the table.
const rowColumns = `a.id, a.xid::text as xid, a.at, a.site_id, a.actor_kind, a.actor_id, a.actor_name, a.verb, a.subject,
	a.subject_id, a.fields, a.reason`

// seal is the HMAC over the link in one fixed form: every value with its length, so that no two rows read alike, and a
// missing site apart from site 0.
func (l *link) seal(key []byte) []byte {
	h := hmac.New(sha256.New, key)
	put := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	text := func(s string) { put([]byte(s)) }
	number := func(n int64) { text(strconv.FormatInt(n, 10)) }

	text("lobby audit 1")
	number(l.Seq)
	put(l.Prev)
	number(l.SealedAt.UnixMicro())
	text(l.Horizon)
	number(l.ID)
	text(l.Xid)
	number(l.At.UnixMicro())
	if l.SiteID == nil {
		text("none")
	} else {
		number(*l.SiteID)
	}
	text(l.ActorKind)
	number(l.ActorID)
	text(l.ActorName)
	text(l.Verb)
	text(l.Subject)
	number(l.SubjectID)
	number(int64(len(l.Fields)))
	for _, f := range l.Fields {
		text(f)
	}
	text(l.Reason)
	return h.Sum(nil)
}

// headSize is how many bytes of the last mac a head shows: enough that nobody finds another chain with the same.
const headSize = 12

// headText writes a head as it stands in the log and on prints: the number of sealed rows and the start of the last mac.
func headText(seq int64, mac []byte) string {
	if seq == 0 {
		return "0"
	}
	return fmt.Sprintf("%d-%s", seq, hex.EncodeToString(mac[:min(headSize, len(mac))]))
}

// parseHead reads what headText wrote.
func parseHead(head string) (seq int64, mac []byte, err error) {
	number, text, _ := strings.Cut(strings.TrimSpace(head), "-")
	seq, err = strconv.ParseInt(number, 10, 64)
	if err == nil {
		mac, err = hex.DecodeString(strings.ToLower(text))
	}
	if err != nil || seq < 0 || (seq > 0) != (len(mac) == headSize) {
		return 0, nil, fmt.Errorf("%q is no head; one looks like 184-%s", head, strings.Repeat("0f", headSize))
	}
	return seq, mac, nil
}

// Head is the chain's end as text. Who keeps it elsewhere can later see whether the end was cut off.
func Head(ctx context.Context, db bun.IDB) (string, error) {
	last, err := lastLink(ctx, db)
	if err != nil {
		return "", err
	}
	return headText(last.Seq, last.Mac), nil
}

// lastLink is the end of the chain; the zero link where nothing is sealed yet.
func lastLink(ctx context.Context, db bun.IDB) (link, error) {
	var last []link
	err := db.NewRaw(`select c.seq, c.mac, c.audit_id as id, coalesce(a.xid, '0')::text as xid
		from audit_chain c left join audit_log a on a.id = c.audit_id order by c.seq desc limit 1`).Scan(ctx, &last)
	if err != nil || len(last) == 0 {
		return link{Xid: "0"}, err
	}
	return last[0], nil
}

// CheckHead tells what is wrong with a head that somebody typed.
func CheckHead(head string) error {
	_, _, err := parseHead(head)
	return err
}
