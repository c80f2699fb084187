jobs-title = İş { $id }
jobs-action-erase-user = Kullanıcıyı sil
jobs-action-erase-users = Birçok kullanıcıyı sil
jobs-action-assign-calendar = Takvim ata
jobs-action-expire-sessions = Oturumları sona erdir
jobs-action-index-sessions = Oturumları dizinle
jobs-action-seal-audit = Denetim kaydını mühürle
jobs-action-prune = Eskileri temizle
jobs-action-prune-audit = Denetim kaydını temizle
jobs-state-scheduled = planlandı
jobs-state-retrying = yeniden denenecek
jobs-state-running = çalışıyor
jobs-state-cancelled = iptal edildi
jobs-state-failed = başarısız
jobs-state-completed = tamamlandı
jobs-tab-all = Tümü
jobs-tab-scheduled = Planlanan
jobs-tab-running = Çalışan
jobs-tab-cancelled = İptal edilen
jobs-tab-failed = Başarısız
jobs-tab-completed = Tamamlanan
jobs-count = { $count }
jobs-count-more = { $count }+
jobs-cancel = İptal et
jobs-retry = Yeniden dene
jobs-run-now = Hemen çalıştır
jobs-new = Kullanıcıyı sil…
jobs-filters = Süzgeçler
jobs-filter-text = Kimlik veya tam başvuru
jobs-filter-action = Eylem
jobs-filter-since = Şundan beri değişen
jobs-project = Proje
jobs-any = Hepsi
jobs-since-ever = her zaman
jobs-since-hour = 1 saat
jobs-since-day = 1 gün
jobs-since-week = 1 hafta
jobs-show = Göster
jobs-without-filter = Bu süzgeç olmadan göster
jobs-clear = Süzgeçleri kaldır
jobs-selected = { $count } seçildi
jobs-select-some = Değiştirmek için iş seçin
jobs-select-all = Bu sayfadakilerin hepsini seç
jobs-select = { $id } numaralı işi seç
jobs-column-id = Kimlik
jobs-column-job = İş
jobs-column-about = Konu
jobs-column-state = Durum
jobs-column-attempt = Deneme
jobs-column-time = Vakti veya başlangıcı
jobs-column-verdict = Ne olacak
jobs-column-kind = Ne
jobs-column-rows = Satır
jobs-internal = iç iş
jobs-pages = Sayfalar
jobs-newer = Daha yeni
jobs-older = Daha eski
jobs-order = En yenisi önce, sayfada { $count }
jobs-order-filtered = En yenisi önce. Süzgeçler en yeni { $count } işe bakar.
jobs-empty = Henüz iş yok.
jobs-empty-more = İstemciler işler API’siyle iş ister, hizmet de bazılarını kendisi oluşturur.
jobs-empty-state = Bu durumda iş yok.
jobs-empty-state-more = Sekmeler öteki durumları gösterir.
jobs-empty-filtered = Bu süzgeçlere uyan iş yok.
jobs-failed-now = { $count ->
    [0] Başarısız iş yok.
   *[other] { $count } iş başarısız oldu.
}
jobs-failed-many = { $count } sayısından çok iş başarısız oldu.
jobs-rows = { $count ->
   *[other] { $count } satır silindi
}
jobs-why-viewer = Bunu bir işletmen yapabilir.
jobs-not-completed = Tamamlandı.
jobs-not-cancelled = İptal edildi ve öyle kalır.
jobs-not-running = Çalışıyor.
jobs-not-scheduled = Tümüyle başarısız olmadı: bekliyor, hemen çalıştırılabilir.
jobs-not-failed = Başarısız oldu: yeniden denenebilir.
jobs-not-now = Şu anki durumunda değiştirilemez.
jobs-not-found = Böyle bir iş yok: temizlenmiş olabilir.
jobs-not-known = Bunu hizmetin daha yeni bir sürümü oluşturdu. Bu sürüm ona dokunmaz.
jobs-not-alone = Aynı konu için başka bir iş planlı veya çalışıyor.
jobs-no-deed = Form, işlerle ne yapılacağını söylemiyor.
jobs-none-chosen = Hiç iş seçilmedi.
jobs-too-many = Bir kerede en çok { $count } iş değiştirilir.
jobs-ask-cancel = { $count ->
   *[other] { $count } iş iptal edilsin mi?
}
jobs-ask-retry = { $count ->
   *[other] { $count } iş yeniden denensin mi?
}
jobs-ask-run-now = { $count ->
   *[other] { $count } iş hemen çalıştırılsın mı?
}
jobs-sure-cancel = { $count ->
   *[other] { $count } işi iptal et
}
jobs-sure-retry = { $count ->
   *[other] { $count } işi yeniden dene
}
jobs-sure-run-now = { $count ->
   *[other] { $count } işi hemen çalıştır
}
jobs-did-cancel = { $count ->
   *[other] { $count } iş iptal edildi.
}
jobs-did-retry = { $count ->
   *[other] { $count } iş yeniden deneniyor.
}
jobs-did-run-now = { $count ->
   *[other] { $count } iş şimdi çalışıyor.
}
jobs-did-nothing = Hiçbir şey değişmedi.
jobs-refused-one = { $id }: { $reason }
jobs-refused-more = { $count ->
   *[other] { $count } iş daha değişmedi.
}
jobs-unanswered = { $count ->
   *[other] Veritabanı yanıt vermedi: { $count } iş değişmemiş olabilir.
}
jobs-verdicts = Ne olacak
jobs-nothing-yet = Henüz bir şey yapılmadı
jobs-nothing-possible = Bu, hiçbiri için yapılamaz.
jobs-back = Geri
jobs-will-end = iptal edilir
jobs-will-end-after = { $count ->
   *[other] iptal edilir, { $count } satır silinmiş durumda
}
jobs-will-stop = bir sonraki adımda durur
jobs-will-stop-after = { $count ->
   *[other] bir sonraki adımda durur, { $count } satır silinmiş durumda
}
jobs-will-retry = tüm deneme hakkıyla hemen yeniden denenir
jobs-will-run = bir işçi boşalınca hemen başlar
jobs-hint-running = Çalışıyor. İptal edilen iş bir sonraki adımda durur.
jobs-hint-internal = Bu işi hizmet kendisi oluşturdu. Hiçbir projenin listesinde yok, bu yüzden işler API’si onu göstermez.
jobs-progress-rows = { $count ->
   *[other] Şimdiye dek { $count } satır işlendi
}
jobs-progress-erased = Şimdiye dek silinen
jobs-progress-users = { $count ->
   *[other] Şimdiye dek silinen: { $count } kullanıcının tümü
}
jobs-erasing-now = siliniyor
jobs-kind-credentials = kimlik bilgileri
jobs-kind-attendances = katılımlar
jobs-kind-sessions = oturumlar
jobs-kind-memberships = üyelikler
jobs-kind-answers = saklanan yanıtlar
jobs-kind-profile = profil
jobs-timeline = Zaman çizgisi
jobs-facts = API’nin gösterdiği gibi
jobs-records = Denetim kayıtları
jobs-no-records = Denetim kaydında bu işle ilgili bir şey yok.
jobs-more-records = Daha eskileri var.
jobs-who-operator = İşletmen
jobs-who-admin = Yönetici { $name }
jobs-who-principal = { $credential } numaralı kimlik bilgisiyle { $id } numaralı özne
jobs-line-asked = İstendi
jobs-line-asked-by = { $who } istedi
jobs-line-asked-itself = Hizmet kendisi istedi
jobs-line-start = { $time } anından itibaren başlayabilir.
jobs-line-failed = { $attempt }. deneme başarısız oldu
jobs-line-running = { $attempt }. deneme sürüyor
jobs-line-next = { $attempt }. deneme planlandı
jobs-line-due = { $attempt }. denemenin vakti geldi
jobs-line-lease = İşçi { $worker }, hakkı { $time } anına kadar
jobs-line-retried = { $who } yeniden denetti
jobs-line-run-now = { $who } hemen çalıştırdı
jobs-line-cancelled = İptal edildi
jobs-line-cancelled-by = { $who } iptal etti
jobs-line-gave-up = Tümüyle başarısız oldu
jobs-line-completed = Tamamlandı
jobs-reason-transient = Nedeni geçici olabilir.
jobs-reason-permanent = Nedeni kalıcı, bu yüzden yeniden denenmez.
jobs-reason-lease-expired = İşçi hakkını vaktinde yenilemedi.
jobs-reason-panicked = Program iş ortasında kesildi.
jobs-new-title = Kullanıcıyı sil
jobs-new-user = Kim silinecek
jobs-new-more = Kullanıcıyla ilgili her şey kaldırılır: kimlik bilgileri, katılımlar, kendi oturumları, üyelikler ve profil. Sonraki sayfa bunun ne kadar olduğunu söyler.
jobs-new-name = Kullanıcı
jobs-new-name-help = Kullanıcının herhangi bir kimliği: numara, GUID, adres, kullanıcı adı veya konuğun kodu.
jobs-new-project-help = İşi listeleyen proje.
jobs-new-start = Başlangıç
jobs-new-midnight = Bir sonraki UTC gece yarısında; o zamana dek iptal edilebilir:
jobs-new-now = Şimdi
jobs-new-go = Ne silineceğini göster
jobs-new-refused = Bu değer kullanılamaz.
jobs-new-user-missing = Kullanıcıyı belirtin.
jobs-new-user-unusable = En çok { $max } karakter, hepsi okunabilir olmalı.
jobs-confirm-title = Bu kullanıcı silinsin mi?
jobs-confirm-person = Hesapta bu kimliğe sahip kişi:
jobs-confirm-stranger = Hesapta şu anda bu kimliğe sahip bir kişi yok. Bu kimlikteki katılımlar ve silinmiş kişiler yine de silinir.
jobs-confirm-total = { $count ->
    [0] Şu anda silinecek bir şey yok.
   *[other] Şu anda { $count } satır silinir.
}
jobs-confirm-no-preview = Ne kadarının silineceği burada söylenemiyor.
jobs-confirm-now = Bir işçi boşalınca başlar.
jobs-confirm-later = Bir sonraki UTC gece yarısında başlar:
jobs-confirm-final = Silinen geri gelmez.
jobs-confirm-go = Kullanıcıyı sil
jobs-did-erase = Silme işinin numarası { $id }.
