# The texts of errors in Turkish.

## The request as a whole

unauthorized = kimlik doğrulanamadı
not-allowed = buna yetkiniz yok
no-such-path = böyle bir adres yok
method-not-allowed = bu adres bu metodu kabul etmiyor
unavailable = hizmet veritabanına erişemiyor; yeniden deneyin
failure = beklenmeyen bir hata oluştu

key-malformed = Idempotency-Key, 1 ile { $max } arasında görünür ASCII karakterden oluşan tek bir metin olmalıdır.
key-reused = Idempotency-Key daha önce başka bir istekle gönderildi.
key-busy = Aynı Idempotency-Key ile gönderilmiş bir istek sürüyor; yeniden deneyin.
key-erased = Bu Idempotency-Key ile gönderilen istek yapıldı; saklanan yanıtı silindi.

## Its body and its query

body-not-json-by-header = gövde JSON olmalı; içerik türü application/json olmalı ve içerik kodlaması kullanılmamalıdır
body-no-form = gövde form olmalı; içerik türü application/x-www-form-urlencoded olmalıdır
body-too-large = gövde { $limit } bayttan uzun
body-too-slow = gövde zamanında ulaşmadı
body-cut-off = gövde yarıda kesildi
body-budget-exhausted = hizmet şu anda daha fazla istek gövdesi alamıyor; yeniden deneyin
answer-budget-exhausted = hizmet şu anda daha fazla yanıt hazırlayamıyor; yeniden deneyin
body-malformed = Gövde geçerli bir JSON değil: satır { $line }, sütun { $column } ({ $reason }).
body-no-object = Gövde bir JSON nesnesi olmalıdır.
body-no-object-because = Gövde bir JSON nesnesi olmalıdır: satır { $line }, sütun { $column } ({ $reason }).
body-no-array =
    { $items ->
        [attendee] Gövde, katılımcı nesnelerinden oluşan bir JSON dizisi olmalıdır.
       *[session] Gövde, oturum nesnelerinden oluşan bir JSON dizisi olmalıdır.
    }
batch-too-long = Bir istekte en fazla { $most } öge gönderilebilir; bu istekte { $count } öge var.
query-malformed = Sorgu parametreleri okunamıyor.

## Filters

filter-unreadable = Geçersiz filtre. { $key } okunamıyor.
filter-too-long = Geçersiz filtre. { $key } en fazla { $max } karakter olabilir.
filter-unusable = { $key } kullanılabilir bir değer içermiyor.
page-too-large = page_size en fazla { $max } olabilir.
page-out-of-range = Geçersiz filtre. page_number ve page_size pozitif sayılar olmalı ve çok büyük olmamalıdır.

## What is wrong with which field

session-item = Geçersiz oturum. İstekteki her öge bir JSON nesnesi olmalıdır.
session-field =
    { $field ->
        [session_guid] Oturumun GUID değeri geçersiz.
        [name] Oturumun adı geçersiz.
        [description] Oturumun açıklaması geçersiz.
        [tags] Oturumun etiketleri geçersiz.
        [start_date] Oturumun başlangıç tarihi geçersiz.
        [duration] Oturumun süresi geçersiz.
        [lang] Oturumun dili geçersiz.
        [allow_recording] Oturumun kayıt ayarı geçersiz.
        [inaccessible_replay] Oturumun tekrar izleme ayarı geçersiz.
        [timezone] Oturumun saat dilimi geçersiz.
        [status] Oturumun durumu geçersiz.
       *[options] Oturumun seçenekleri geçersiz.
    }
attendee-item = Geçersiz katılımcı. Her katılımcı bir JSON nesnesi olmalıdır.
attendee-field =
    { $field ->
        [user_guid] Katılımcının kullanıcısı geçersiz.
        [attendance_code] Katılımcının katılım kodu geçersiz.
        [email] Katılımcının e-posta adresi geçersiz.
        [name] Katılımcının adı geçersiz.
        [surname] Katılımcının soyadı geçersiz.
        [mobile] Katılımcının cep telefonu geçersiz.
       *[role] Katılımcının rolü geçersiz.
    }
user-field =
    { $field ->
        [name] Kullanıcının adı geçersiz.
        [surname] Kullanıcının soyadı geçersiz.
        [email] Kullanıcının e-posta adresi geçersiz.
        [username] Kullanıcı adı geçersiz.
        [role] Kullanıcının rolü geçersiz.
        [password] Kullanıcının parolası geçersiz.
        [mobile] Kullanıcının cep telefonu geçersiz.
        [login_allowed] Kullanıcının giriş izni geçersiz.
        [active] Kullanıcının etkinlik durumu geçersiz.
        [lang] Kullanıcının dili geçersiz.
        [timezone] Kullanıcının saat dilimi geçersiz.
       *[expires_at] Kullanıcının geçerlilik bitiş tarihi geçersiz.
    }

## The rule that it breaks

required = { $key } zorunludur.
repeated = { $key } birden fazla kez gönderildi.
empty = { $key } boş olamaz.
too-long = { $key } en fazla { $max } karakter olabilir.
too-short = { $key } en az { $min } karakter olmalıdır.
nul = { $key } NUL karakteri içeremez.
not-unicode = { $key } geçerli bir Unicode metni değil.
minutes-out-of-range = { $key } { $min } ile { $max } dakika arasında olmalıdır.
must-be =
    { $key } { $wanted ->
        [string] bir metin olmalıdır
        [object] bir nesne olmalıdır
        [integer] bir tam sayı olmalıdır
        [boolean] true ya da false olmalıdır
        [guid] bir GUID olmalıdır
        [email] bir e-posta adresi olmalıdır
        [role] a, e, u, e+ ve e- değerlerinden biri olmalıdır
        [language] tr-TR gibi bir dil etiketi olmalıdır
        [timezone] Europe/Istanbul gibi bir IANA saat dilimi olmalıdır
        [instant] ISO 8601 biçiminde bir tarih ve saat olmalıdır
        [status] 0, 1, 2 ya da 3 olmalıdır
        [minutes] dakika cinsinden bir sayı olmalıdır
       *[valid] geçerli bir değer olmalıdır
    }.
