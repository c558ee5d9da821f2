// build-snapd.sh replaces snapd's i18n with this file for asserts-oracle-newer.
// Messages are not translated, so no library for translations is needed.
package i18n

// G returns a message.
func G(msgid string) string { return msgid }

// NG returns the singular or the plural of a message.
func NG(msgid string, msgidPlural string, n int) string {
	if n == 1 {
		return msgid
	}
	return msgidPlural
}

// CurrentLocale returns the locale of the messages.
func CurrentLocale() string { return "en" }
