package site

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lobby/app/kit/fault"
	"lobby/views/locale"
)

// Offer is one purpose as the kiosk offers it or not.
type Offer struct {
	Code  string            // empty: a new one of the site's own
	On    bool              // offered
	Order int               // smaller comes first; equal ones in the order of the list
	Texts map[string]string // by language, of the site's own
}

// offer takes the purposes in their order. A purpose that has stood keeps its texts for ever, since old visits say it.
func (in Change) offer(f *Settings, languages []string, wrong *fault.Fields) {
	own := maps.Clone(f.OwnPurposes)
	if own == nil {
		own = map[string]OwnPurpose{}
	}
	builtIn := Defaults().Purposes
	list := slices.Clone(in.Purposes)
	slices.SortStableFunc(list, func(a, b Offer) int { return a.Order - b.Order })
	var on []string
	for _, o := range list {
		known := slices.Contains(builtIn, o.Code)
		if !known && !o.words(own, languages, wrong) {
			continue
		}
		code := o.Code
		if code == "" {
			code = nextOwn(own)
		}
		if !known {
			own[code] = o.kept(own[code])
		}
		if o.On && !own[code].Gone && !slices.Contains(on, code) {
			on = append(on, code)
		}
	}
	switch {
	case len(on) == 0:
		wrong.Add("purposes", "site.purposes_none")
	case len(on) > MaxPurposes:
		wrong.Add("purposes", "site.purposes_many", fault.Args{"Max": MaxPurposes})
	}
	f.Purposes, f.OwnPurposes = on, own
}

// words checks the texts of a purpose of the site's own: one in each language that the site offers. false: there is
// nothing to do with the line.
func (o Offer) words(own map[string]OwnPurpose, languages []string, wrong *fault.Fields) bool {
	said := strings.Join(slices.Collect(maps.Values(o.Texts)), "")
	if _, stands := own[o.Code]; !stands && (o.Code != "" || strings.TrimSpace(said) == "") {
		return false // nobody knows it, or nothing was typed
	}
	if strings.TrimSpace(said) == "" {
		return true // it goes
	}
	for _, lang := range locale.Languages {
		field := "purpose-" + o.Code + "-" + lang
		o.Texts[lang] = wrong.Line(field, o.Texts[lang], MaxPurposeText, slices.Contains(languages, lang))
	}
	return true
}

// kept is what stands of an own purpose after the change: with no text any more it is gone, and its old texts stay.
func (o Offer) kept(stood OwnPurpose) OwnPurpose {
	texts := maps.Clone(stood.Texts)
	if texts == nil {
		texts = map[string]string{}
	}
	gone := true
	for lang, text := range o.Texts {
		if text != "" {
			texts[lang], gone = text, false
		}
	}
	return OwnPurpose{Texts: texts, Gone: gone}
}

// nextOwn is a code that no purpose of the site ever had.
func nextOwn(own map[string]OwnPurpose) string {
	for n := 1; ; n++ {
		code := fmt.Sprintf("own%d", n)
		if _, taken := own[code]; !taken {
			return code
		}
	}
}

// ownCodes are the site's own purposes that can be chosen, the oldest first.
func ownCodes(f Settings) (codes []string) {
	for n := 1; n <= len(f.OwnPurposes); n++ {
		code := fmt.Sprintf("own%d", n)
		if own, ok := f.OwnPurposes[code]; ok && !own.Gone {
			codes = append(codes, code)
		}
	}
	return codes
}
