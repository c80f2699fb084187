shell-now = Şimdi
shell-sessions = Oturumlar
shell-courses = Dersler
shell-jobs = İşler
shell-people = Kişiler
shell-keys = Anahtarlar
shell-audit = Denetim
shell-requests = İstekler
shell-control = Zaman ve arızalar
shell-connect = Bağlanma
shell-docs = API belgeleri
shell-skip = İçeriğe geç
shell-account = Hesap
shell-switch = Geç
shell-find = Bul
shell-find-label = Kimlik, adres veya ad bul
shell-language = Dil
shell-console = Konsol
shell-operator = İşletmen
shell-sign-out = Çıkış yap
shell-copy = Kopyala
shell-viewer = Her şeye bakabilirsiniz, hiçbir şeyi değiştiremezsiniz.
shell-seconds = { $count ->
    [one] { $count } saniye
   *[other] { $count } saniye
}
failure-not-found = Böyle bir sayfa yok
failure-not-found-more = Adres hiçbir yere götürmüyor ya da götürdüğü şey artık yok.
failure-signed-out = Giriş yapmadınız
failure-signed-out-more = Oturumunuz sona erdi. Hiçbir şey değişmedi.
failure-read-only = Hiçbir şey değişmedi
failure-read-only-more = Her şeye bakabilirsiniz, hiçbir şeyi değiştiremezsiniz. Bunu bir işletmen yapabilir.
failure-foreign = Hiçbir şey değişmedi
failure-foreign-more = Form başka bir siteden geliyor ya da hizmetin bu çalışmasından eski. Sayfayı yeniden yükleyip bir daha gönderin.
failure-refused = Bu kullanılamaz
failure-conflict = Hiçbir şey değişmedi
failure-starting = Hizmet başlıyor
failure-starting-more = Sayfayı bir saniye sonra yeniden yükleyin.
failure-unavailable = Veritabanı yanıt vermiyor
failure-unavailable-more = Bilindiği kadarıyla hiçbir şey değişmedi. Sayfayı birkaç saniye sonra yeniden yükleyin.
failure-back = Konsola dön
failure-no-account = Henüz hesap yok. Şununla oluşturun: derslik account create
failure-no-service = Hesabın çalışabilen bir hizmet sahibi yok, bu yüzden bu burada yapılamaz.
failure-form-too-large = Form 4 MiB’den büyük.
sign-in-title = Giriş
sign-in-name = Ad
sign-in-password = Parola
sign-in-token = Jeton
sign-in-token-more = Hizmet başlarken yazdırdı. Bir kez giriş yapar.
sign-in-more = Yönetici sunucuda şununla oluşturulur: derslik admin create
sign-in-go = Giriş yap
sign-in-wrong = Ad veya parola yanlış.
sign-in-wrong-token = Bu, yazdırılan jeton değil ya da daha önce kullanıldı.
sign-in-too-many = Çok fazla yanlış parola. { $seconds ->
    [one] { $seconds } saniye
   *[other] { $seconds } saniye
} sonra yeniden deneyin.
