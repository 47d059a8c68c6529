package pii

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// hidden stands for what a mask leaves out. It is always as long, so that it doesn't tell how much that is.
const hidden = "****"

// Mask shows as much of a value as everybody may see (PRIVACY-2): 138****1234, 0755-****6789, +852 ****4567, 粤B·****8,
// 440****123X. Of a token nothing is shown, and nothing of a value too short to be one. Empty stays empty.
func Mask(k Kind, text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	switch k {
	case Phone:
		return maskPhone(text)
	case Plate:
		return maskPlate(text)
	case Identity:
		return maskIdentity(text)
	default:
		return hidden
	}
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

func maskPhone(text string) string {
	number, ok := text, e164.MatchString(text) // what Open gives needs no second look
	if !ok {
		number, ok = NormalisePhone(text)
	}
	if !ok {
		return hidden
	}
	code, rest := splitCountry(number[1:])
	if code == "" || (code == "86" && len(rest) < 10) {
		return hidden
	}
	if code != "86" {
		return "+" + code + " " + hidden + tail(rest)
	}
	if area, subscriber := splitArea(rest); area != "" {
		return area + "-" + hidden + tail(subscriber)
	}
	return rest[:3] + hidden + tail(rest[3:])
}

// tail is the end of a number that may be shown: four digits at most, and never so many that fewer than four are hidden.
func tail(digits string) string {
	shown := min(4, max(0, len(digits)-4))
	return digits[len(digits)-shown:]
}

func maskPlate(text string) string {
	plate, ok := NormalisePlate(text)
	if !ok {
		return hidden
	}
	runes := []rune(plate)
	last := string(runes[len(runes)-1:])
	if !strings.ContainsRune(provinces, runes[0]) {
		return hidden + last
	}
	return string(runes[:2]) + "·" + hidden + last
}

// maskIdentity shows three and four of the 18 characters: never the birthday. Other papers show first and last.
func maskIdentity(text string) string {
	var kept []rune
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			kept = append(kept, unicode.ToUpper(r))
		}
	}
	switch n := len(kept); {
	case n == 18:
		return string(kept[:3]) + hidden + string(kept[14:])
	case n >= 7:
		return string(kept[:1]) + hidden + string(kept[n-1:])
	}
	return hidden
}

// compound are the surnames of two characters, simplified and traditional.
var compound = strings.Fields(`欧阳 歐陽 司马 司馬 诸葛 諸葛 司徒 上官 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 慕容 令狐 长孙 長孫 宇文 钟离 鍾離 淳于
	单于 單于 夏侯 轩辕 軒轅 端木 百里 南宫 南宮 东郭 東郭 西门 西門 呼延 独孤 獨孤 万俟 赫连 赫連 澹台 澹臺 闻人 聞人 公冶 申屠 太叔 濮阳 濮陽
	仲孙 仲孫 鲜于 鮮于 闾丘 閭丘 司空 司寇 拓跋 公羊 第五 左丘 梁丘 纳兰 納蘭 叶赫 葉赫`)

// MaskName shows a surname, or a first letter: 王**, 欧阳**, J***. Nothing but stars where a name begins with no letter.
func MaskName(name string) string {
	runes := []rune(strings.TrimSpace(name))
	if len(runes) == 0 {
		return ""
	}
	if !unicode.IsLetter(runes[0]) {
		return "***"
	}
	if !unicode.Is(unicode.Han, runes[0]) {
		return string(runes[:1]) + "***"
	}
	if len(runes) >= 3 && slices.Contains(compound, string(runes[:2])) {
		return string(runes[:2]) + "**"
	}
	return string(runes[:1]) + "**"
}
