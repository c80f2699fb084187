control-clock = Saat
control-move-time = Zamanı ilerlet
control-freeze = Durdur
control-resume = Çalıştır
control-hour = +1 sa
control-midnight = Sonraki gece yarısı
control-next-due = Sıradaki
control-real-time = Gerçek zaman
control-set-to = Zaman
control-advance = Oraya ilerlet
control-set = Ayarla
control-clock-more = Zaman “tomorrow 09:00”, “+3d 14:30”, “+90m” ya da “2026-11-25 10:24” gibi bir tarihtir. “İlerlet” yoldaki vadesi gelenleri çalıştırır. “Ayarla” geriye de atlar; vadesi gelenleri işçiler sonra bulur.
control-pace-frozen = duruyor
control-pace-real = gerçek zamanı gösteriyor
control-pace-ahead = { $span } ileride çalışıyor
control-pace-behind = { $span } geride çalışıyor
control-pace-days-ahead = { $count ->
    [one] { $count } gün ileride çalışıyor
   *[other] { $count } gün ileride çalışıyor
}
control-pace-days-behind = { $count ->
    [one] { $count } gün geride çalışıyor
   *[other] { $count } gün geride çalışıyor
}
control-upcoming = Vadesi gelecekler
control-nothing-due = Vadesi gelecek bir şey yok.
control-nothing-due-more = Bekleyen işler ve bitecek oturumlar burada görünür.
control-due-session = Bir oturum biter
control-due-sessions = { $count ->
    [one] { $count } oturum biter
   *[other] { $count } oturum biter
}
control-due-attempt = { $of } denemeden { $attempt }.
control-done-frozen = Saat { $time } anında duruyor.
control-done-resumed = Saat { $time } anından itibaren çalışıyor.
control-done-released = Hesap yeniden tüm hesapların saatini gösteriyor.
control-done-set = Saat { $time } gösteriyor.
control-done-set-more = Vadesi gelenler, bir işçi bulduğunda çalışır.
control-done-advanced = Saat { $time } anına geldi.
control-ran = { $count ->
    [0] Hiçbir şeyin vadesi gelmedi.
    [one] Vadesi gelen { $count } şey çalıştı.
   *[other] Vadesi gelen { $count } şey çalıştı.
}
control-ran-more = { $count ->
    [one] { $count } tane daha gösterilmiyor.
   *[other] { $count } tane daha gösterilmiyor.
}
control-ran-sessions = { $count ->
    [one] { $count } oturumun süresi doldu
   *[other] { $count } oturumun süresi doldu
}
control-ran-completed = tamamlandı
control-ran-failed = başarısız
control-ran-retried = başarısız, yeniden denenecek
control-no-time = “{ $text }” bir zaman değil.
control-no-time-more = “tomorrow 09:00”, “+3d 14:30”, “+90m” ya da “2026-11-25 10:24” gibi bir tarih yazın; yıl 1 ile 9999 arasında olsun.
control-past = Saat ilerletilmedi: bu zaman geçmişte ya da aralığın dışında.
control-past-more = İlerletme ileri gider. “Ayarla” geriye de gider.
control-clock-busy = Saat ilerletilmedi: başka istekler onu sürekli hareket ettiriyor.
control-timed-out = Zamanında sonuçlanmadı.
control-timed-out-more = Çalışanlar yapılmış kaldı, gerisi yapılmadı.
control-refused = Hiçbir şey değişmedi.
control-refused-more = Nedeni alanın altında yazıyor.
control-back = Geri
control-active-faults = Etkin arızalar
control-no-faults = Etkin arıza yok.
control-faults-on = { $count ->
    [one] { $count } arıza etkin
   *[other] { $count } arıza etkin
}
control-off = Kapat
control-fault-off = Kapat: { $fault }
control-all-off = Tümünü kapat
control-add-fault = Arıza ekle
control-fault = Arıza
control-met = Karşılaşan
control-deeds = Yapılabilecekler
control-fault-counts = { $seen } içinde { $injected }
control-status = Durum kodu
control-millis = Milisaniye
control-retry-after = Yeniden deneme, saniye
control-which = Hangi istekler ya da işler
control-api = API
control-any = Herhangi
control-method = Yöntemler
control-path = Yol
control-action = İş
control-when = Ne zaman
control-nth = İlki
control-times = Kaç tane
control-percent = Olasılık, yüzde
control-seed-number = Olasılığın tohumu
control-add = Ekle
control-kind-status = bir durum koduyla yanıt
control-kind-delay = işten önce bekleme
control-kind-drip = küçük parçalarla yanıt
control-fault-status = { $status } yanıtı
control-fault-database = veritabanı yok
control-fault-delay = { $millis } ms bekleme
control-fault-reset = bağlantı sıfırlanır
control-fault-lose-answer = yapılır, yanıt kaybolur
control-fault-truncate = yanıt yarıda kesilir
control-fault-drip = küçük parçalar, her birinden önce { $millis } ms
control-fault-job-fails = bir iş denemesi başarısız olur
control-fault-job-hangs = bir iş denemesi bitmez
control-fault-job-panics = bir iş denemesi çöker
control-preset-quota = hazır: google-quota, iki kez 429
control-preset-flaky = hazır: flaky-wifi, kopmalar, beklemeler, kesik yanıtlar
control-preset-lost = hazır: lost-replies, yazmaların yarısı
control-when-always = her biri
control-when-first = { $count ->
    [one] ilk { $count }
   *[other] ilk { $count }
}
control-when-nth = { $first }. olan
control-when-from = { $first }. olandan başlayarak { $count }
control-when-from-on = { $first }. olandan sonra her biri
control-when-by-chance = rastgele, yüzde { $percent }
control-done-faults = { $count ->
    [one] { $count } arıza eklendi.
   *[other] { $count } arıza eklendi.
}
control-done-fault-off = Arıza kapatıldı.
control-done-faults-off = Tüm arızalar kapatıldı.
control-no-such-fault = Böyle bir arıza artık yok.
control-too-many-faults = Hiçbir şey eklenmedi: bir hesabın en çok { $count } arızası olur.
control-problem-number = { $least } ile { $most } arasında bir tam sayı gerekir.
control-problem-kind = Bunlardan birini seçin.
control-problem-needed = Bu gerekli.
control-problem-percent = 0’dan büyük, en çok 100 olan bir sayı gerekir.
control-problem-no-slash = Yol “/” ile başlar.
control-problem-rest-inside = “**” yalnızca yolun sonunda durur.
control-problem-of-jobs = Bu arıza istekler için değil, işler içindir.
control-problem-of-requests = Bu arıza işler için değil, istekler içindir.
control-snapshots = Anlık görüntüler
control-snapshots-more = Süreç yaşadıkça dururlar. Yenisi, aynı addakinin yerine geçer.
control-name = Ad
control-size = Boyut
control-snapshot-size = { $rows ->
    [one] { $rows } satır, { $kibibytes } KiB
   *[other] { $rows } satır, { $kibibytes } KiB
}
control-snapshot-name = Yeni görüntünün adı
control-take = Al
control-snapshot-file = Görüntü dosyası
control-load = Dosyayı sakla
control-download = İndir
control-remove = Kaldır
control-restore = Geri yükle
control-restore-ask = Geri yükle…
control-restore-title = “{ $name }” görüntüsü geri yüklensin mi?
control-restore-rows = Hesabın tüm satırları görüntüdekiler olur. Sonradan yapılanlar kaybolur.
control-restore-clock = Saat de onunla geri gelir.
control-restore-stays = Anahtarlar, jetonlar, arızalar ve günlük kalır.
control-done-snapshot = “{ $name }” görüntüsü alındı.
control-done-loaded = “{ $name }” görüntüsü dosyasından saklandı.
control-done-restored = Hesap “{ $name }” görüntüsündeki gibi.
control-done-removed = “{ $name }” görüntüsü kaldırıldı.
control-not-restored = Hesap olduğu gibi kaldı: görüntü satırlarına uymuyor.
control-no-room = Görüntü alınmadı.
control-no-room-more = Tüm görüntüler birlikte en çok 1 GiB olur. Bazılarını kaldırın.
control-problem-snapshot-name = Ad, 1 ile 64 arası aksansız harf, rakam ve “-”, “_”, “.” işaretlerinden oluşur.
control-problem-file = Dosya kullanılamaz:
control-seed = Tohum
control-seed-export = YAML olarak yaz
control-seed-document = YAML ya da JSON belgesi
control-seed-add = İçeriği ekle
control-problem-seed = Belge kullanılamaz:
control-problem-seed-line = { $line }. satır kullanılamaz:
control-done-seed = İçerik eklendi.
control-done-seed-more = Kişiler: { $people }. Dersler: { $courses }. Oturumlar: { $sessions }. İşler: { $jobs }.
control-account = Bu hesap
control-reset = Sıfırla…
control-end = Sonlandır…
control-reset-title = “{ $name }” hesabı sıfırlansın mı?
control-reset-rows = Her şey, hesabın ilk içeriğiyle oluşturulduğu andaki gibi olur.
control-reset-stays = Anahtarlar, jetonlar, kimlik ve görüntüler kalır.
control-reset-faults = Arızalar ve günlük kaldırılır.
control-reset-clock = Duran saat yeniden başlangıcı gösterir. Çalışan saat devam eder.
control-reset-go = Hesabı sıfırla
control-done-reset = “{ $name }” hesabı sıfırlandı.
control-end-title = “{ $name }” hesabı sonlandırılsın mı?
control-end-keys = Bundan sonra hiçbir anahtarı ve jetonu kabul edilmez.
control-end-rows = Satırları, arızaları, günlüğü ve görüntüleri kaldırılır. Bu geri alınamaz.
control-end-go = Hesabı sonlandır
control-new-account = Yeni test hesabı
control-new-account-more = Ad verilmezse kendisi alır. Saat verilmezse veritabanı yaşadıkça yaşar. Anahtarları bir kez gösterilir.
control-hours = Yaşam süresi, saat
control-first-content = İlk içerik, YAML ya da JSON
control-make = Oluştur
control-problem-name = Bu ad kullanılamaz:
control-problem-name-taken = Bu ad başka bir hesabın.
control-done-account = “{ $name }” hesabı oluşturuldu.
control-done-account-more = Kimliği { $id }. Anahtarları aşağıda; bir daha gösterilmez.
control-secret-access-key = Oturum API’sinin erişim anahtarı
control-secret-secret-key = Oturum API’sinin gizli anahtarı
control-secret-bearer = Oturum API’sine isteklerde “Bearer” sonrası
control-secret-account-key = İş API’sinin anahtarı
control-secret-project = İş API’sinin yollarındaki proje
control-secret-token = Ders API’si için erişim jetonu, { $role } olarak
