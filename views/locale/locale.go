// Package locale says things in the person's language: zh-CN first, zh-TW and en complete. The catalogs lie beside it,
// one file per area and language; a test holds them equal and in use.
package locale

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// The languages, the default first.
const (
	Simplified  = "zh-CN"
	Traditional = "zh-TW"
	English     = "en"
)

// Languages lists every language there is, the default first.
var Languages = []string{Simplified, Traditional, English}

//go:embed catalog/*.json
var catalogs embed.FS

type settings struct {
	lang string
	zone *time.Location
}

type key struct{}

// With sets the language of a context; one that is not known becomes the default.
func With(ctx context.Context, lang string) context.Context {
	s := from(ctx)
	s.lang = Known(lang)
	return context.WithValue(ctx, key{}, s)
}

// WithZone sets the time zone in which a context's times are shown.
func WithZone(ctx context.Context, zone *time.Location) context.Context {
	s := from(ctx)
	s.zone = zone
	return context.WithValue(ctx, key{}, s)
}

func from(ctx context.Context) settings {
	if s, ok := ctx.Value(key{}).(settings); ok {
		return s
	}
	return settings{lang: Simplified, zone: time.UTC}
}

// Lang is the language tag of the context.
func Lang(ctx context.Context) string { return from(ctx).lang }

// Zone is the time zone of the context.
func Zone(ctx context.Context) *time.Location { return from(ctx).zone }

// Known gives lang where it is one of ours, else the default.
func Known(lang string) string {
	for _, l := range Languages {
		if l == lang {
			return l
		}
	}
	return Simplified
}

var matcher = sync.OnceValue(func() language.Matcher {
	tags := make([]language.Tag, len(Languages))
	for i, l := range Languages {
		tags[i] = language.MustParse(l)
	}
	return language.NewMatcher(tags)
})

// Match picks the language for an Accept-Language header.
func Match(accept string) string {
	if accept == "" {
		return Simplified
	}
	_, i := language.MatchStrings(matcher(), accept)
	return Languages[i]
}

// catalog is one language, ready to speak: texts of one form are kept cut at their arguments, since a page says hundreds.
type catalog struct {
	cut  map[string][]string // in turn text and the name of an argument
	full *i18n.Localizer
}

var spoken = sync.OnceValue(func() map[string]catalog {
	bundle := i18n.NewBundle(language.MustParse(Simplified))
	cut := map[string]map[string][]string{}
	files, err := fs.Glob(catalogs, "catalog/*.json")
	if err != nil {
		panic(err)
	}
	for _, file := range files {
		if _, err := bundle.LoadMessageFileFS(catalogs, file); err != nil {
			panic(fmt.Sprintf("locale: %s: %v", file, err))
		}
		lang := langOf(file)
		if cut[lang] == nil {
			cut[lang] = map[string][]string{}
		}
		for k, v := range mustRead(file) {
			if text, ok := v.(string); ok && !strings.Contains(argument.ReplaceAllString(text, ""), "{{") {
				cut[lang][k] = pieces(text)
			}
		}
	}
	out := map[string]catalog{}
	for _, l := range Languages {
		out[l] = catalog{cut: cut[l], full: i18n.NewLocalizer(bundle, l)}
	}
	return out
})

var argument = regexp.MustCompile(`{{\s*\.(\w+)\s*}}`)

// pieces cuts a text at its arguments: text, name, text, name, text.
func pieces(text string) (out []string) {
	end := 0
	for _, at := range argument.FindAllStringSubmatchIndex(text, -1) {
		out, end = append(out, text[end:at[0]], text[at[2]:at[3]]), at[1]
	}
	return append(out, text[end:])
}

// fill puts the arguments into a text that was cut, as a template would.
func fill(cut []string, value func(name string) any) string {
	if len(cut) == 1 {
		return cut[0]
	}
	var b strings.Builder
	for i, piece := range cut {
		if i%2 == 0 {
			b.WriteString(piece)
			continue
		}
		v := value(piece)
		if v == nil {
			v = "<no value>"
		}
		fmt.Fprint(&b, v)
	}
	return b.String()
}

func langOf(file string) string {
	parts := strings.Split(path.Base(file), ".")
	return parts[len(parts)-2]
}

func mustRead(file string) map[string]any {
	raw, err := catalogs.ReadFile(file)
	if err != nil {
		panic(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		panic(fmt.Sprintf("locale: %s: %v", file, err))
	}
	return m
}

// T says a message. Arguments come in pairs of name and value; the name "Count" picks the plural form. An unknown key
// is shown as it stands, which the catalog test keeps from happening.
func T(ctx context.Context, key string, args ...any) string {
	c := spoken()[Lang(ctx)]
	if cut, ok := c.cut[key]; ok {
		return fill(cut, func(name string) any {
			for i := 0; i+1 < len(args); i += 2 {
				if args[i] == name {
					return args[i+1]
				}
			}
			return nil
		})
	}
	data := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		data[fmt.Sprint(args[i])] = args[i+1]
	}
	return say(c, key, data)
}

// Say is T with the arguments of a fault.
func Say(ctx context.Context, key string, args map[string]any) string {
	c := spoken()[Lang(ctx)]
	if cut, ok := c.cut[key]; ok {
		return fill(cut, func(name string) any { return args[name] })
	}
	return say(c, key, args)
}

// say tries the plural form of "Count" first; a text that has one form only is said in that.
func say(c catalog, key string, data map[string]any) string {
	cfg := &i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: data["Count"]}
	text, err := c.full.Localize(cfg)
	if err != nil && cfg.PluralCount != nil {
		cfg.PluralCount = nil
		text, err = c.full.Localize(cfg)
	}
	if err != nil {
		return key
	}
	return text
}

// Clock shows the time of day: 14:05.
func Clock(ctx context.Context, t time.Time) string { return t.In(Zone(ctx)).Format("15:04") }

// Date shows a day as the language has it.
func Date(ctx context.Context, t time.Time) string {
	s := from(ctx)
	return t.In(s.zone).Format(s.day())
}

// day is how the language writes a day.
func (s settings) day() string {
	if s.lang == English {
		return "2 Jan 2006"
	}
	return "2006年1月2日"
}

// Moment shows day and time of day.
func Moment(ctx context.Context, t time.Time) string {
	s := from(ctx)
	return t.In(s.zone).Format(s.day() + " 15:04")
}
