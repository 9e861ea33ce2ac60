/* SPDX-License-Identifier: ISC */
/*
 * Where encryption is only "offered" it is used without asking whose certificate that is (RFC
 * 7435): whoever could put a false one there could as well say that none is offered.
 */
#include "courier/channel_mail.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ip.h"

#define PASSWORD_MAX 256
#define CONNECT_S    15

enum { TLS_NEVER, TLS_OFFERED, TLS_ALWAYS };

struct upload {
	const char *at;
	size_t left;
	char answer[CURL_ERROR_SIZE]; /* the server's last line */
};

/* HOST of "smtp://HOST:PORT", brackets of an IPv6 address taken off. */
static void host_of(const char *server, char *host, size_t room)
{
	const char *at = strstr(server, "://");
	size_t n;

	at = at ? at + 3 : server;
	if (*at == '[') {
		at++;
		n = strcspn(at, "]");
	} else {
		n = strcspn(at, ":/");
	}
	snprintf(host, room, "%.*s", (int)n, at);
}

bool channel_mail_local(const char *server)
{
	char host[256];
	struct ip ip;
	struct prefix v4, v6;

	if (strchr(server, '@')) /* user@host: the host is not what it seems */
		return false;
	host_of(server, host, sizeof(host));
	if (strcmp(host, "localhost") == 0)
		return true;
	if (ip_parse(host, &ip) < 0 || prefix_parse("127.0.0.0/8", false, &v4) < 0 ||
	    prefix_parse("::1/128", false, &v6) < 0)
		return false;
	return prefix_contains(&v4, &ip) || prefix_contains(&v6, &ip);
}

static bool always_encrypted(const struct conf_mail_out *c)
{
	return c->tls == TLS_ALWAYS || strncmp(c->server, "smtps://", 8) == 0;
}

/* Return: 0, or -1 with the reason in @out. */
static int read_password(const char *path, char *buf, struct channel_result *out)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st)) {
		channel_failed(out, false, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (st.st_mode & 077) {
		channel_failed(out, false,
			       "%s: others can read this password (mode 0600 is wanted)", path);
		return -1;
	}
	n = read(fd, buf, PASSWORD_MAX - 1);
	if (n < 0) {
		channel_failed(out, false, "%s: %s", path, strerror(errno));
		return -1;
	}
	buf[n] = '\0';
	buf[strcspn(buf, "\r\n")] = '\0';
	return 0;
}

static int refuse(const struct conf_mail_out *c, const struct mail_message *m,
		  struct channel_result *out)
{
	bool local = channel_mail_local(c->server);

	if (strncmp(c->server, "smtp://", 7) != 0 && strncmp(c->server, "smtps://", 8) != 0)
		channel_failed(out, false, "%s: smtp://HOST:PORT or smtps://HOST:PORT is wanted",
			       *c->server ? c->server : "duty.mail.server");
	else if (m->drill && !local)
		channel_failed(out, false, "%s: a drill mails to this machine only", c->server);
	else if (*c->user && !local && !always_encrypted(c))
		channel_failed(out, false, "%s: a password wants tls: always, or smtps://",
			       c->server);
	else
		return 0;
	return -1;
}

static size_t on_read(char *buf, size_t size, size_t n, void *userdata)
{
	struct upload *u = userdata;
	size_t most = size * n < u->left ? size * n : u->left;

	memcpy(buf, u->at, most);
	u->at += most;
	u->left -= most;
	return most;
}

static size_t on_answer(char *line, size_t size, size_t n, void *userdata)
{
	struct upload *u = userdata;

	snprintf(u->answer, sizeof(u->answer), "%.*s", (int)(size * n), line);
	return size * n;
}

static void set_encryption(CURL *h, const struct conf_mail_out *c)
{
	static const long use[] = {[TLS_NEVER] = CURLUSESSL_NONE,
				   [TLS_OFFERED] = CURLUSESSL_TRY,
				   [TLS_ALWAYS] = CURLUSESSL_ALL};
	bool verified = always_encrypted(c);

	curl_easy_setopt(h, CURLOPT_USE_SSL, use[c->tls <= TLS_ALWAYS ? c->tls : TLS_ALWAYS]);
	curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, verified ? 1L : 0L);
	curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, verified ? 2L : 0L);
}

static void set_all(CURL *h, const struct conf_mail_out *c, uint64_t most_s, struct upload *u)
{
	curl_easy_setopt(h, CURLOPT_URL, c->server);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(h, CURLOPT_PROXY, ""); /* no word of the environment */
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_TIMEOUT, (long)most_s);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT,
			 (long)(most_s < CONNECT_S ? most_s : CONNECT_S));
	curl_easy_setopt(h, CURLOPT_MAIL_FROM, c->from);
	curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(h, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(h, CURLOPT_READDATA, u);
	curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_answer);
	curl_easy_setopt(h, CURLOPT_HEADERDATA, u);
	set_encryption(h, c);
}

/* An answer of the server is an answer; silence behind the whole mail is none. */
static void judge(CURLcode code, const struct upload *u, const char *error,
		  struct channel_result *out)
{
	bool silence = code == CURLE_OPERATION_TIMEDOUT || code == CURLE_RECV_ERROR ||
		       code == CURLE_GOT_NOTHING || code == CURLE_SEND_ERROR;

	if (code == CURLE_OK) {
		*out = (struct channel_result){.sent = true};
		return;
	}
	channel_failed(out, silence && u->left == 0, "%s%s%s",
		       *error ? error : curl_easy_strerror(code), *u->answer ? ": " : "",
		       u->answer);
}

static void send_text(CURL *h, const struct conf_mail_out *c, const char *to, struct upload *u,
		      struct channel_result *out)
{
	struct curl_slist *list = curl_slist_append(NULL, to);
	char error[CURL_ERROR_SIZE] = "";

	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(h, CURLOPT_MAIL_RCPT, list);
	if (list)
		judge(curl_easy_perform(h), u, error, out);
	else
		channel_failed(out, false, "%s", strerror(ENOMEM));
	curl_slist_free_all(list);
}

void channel_mail(const struct conf_mail_out *c, const struct mail_message *m, uint64_t most_s,
		  struct channel_result *out)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	char password[PASSWORD_MAX] = "";
	struct upload u = {.answer = ""};
	CURL *h;
	int r;

	if (refuse(c, m, out) ||
	    (*c->password_file && read_password(c->password_file, password, out)))
		return;
	r = mail_message(m, &text);
	h = r ? NULL : curl_easy_init();
	if (!h) {
		channel_failed(out, false, "%s",
			       r == -EINVAL ? "this address cannot stand in a mail"
					    : strerror(ENOMEM));
		explicit_bzero(password, sizeof(password));
		return;
	}
	u.at = text.s;
	u.left = text.len;
	set_all(h, c, most_s, &u);
	if (*c->user) {
		curl_easy_setopt(h, CURLOPT_USERNAME, c->user);
		curl_easy_setopt(h, CURLOPT_PASSWORD, password);
	}
	explicit_bzero(password, sizeof(password));
	send_text(h, c, m->to, &u, out);
	curl_easy_cleanup(h);
}
