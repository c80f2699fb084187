courses-list-more = En yenisi önce.
courses-new = Yeni ders
courses-new-more = Sahibi baştan beri listesindedir.
courses-filter-query = Ad, şube veya derslik
courses-filter-owner = Sahibi, kimlik veya adresle
courses-filter-show = Göster
courses-filter-clear = Bütün dersleri göster
courses-filter-off = Bu filtreyi kaldır
courses-filter-refused = Filtre kullanılamıyor.
courses-any-state = Her durum
courses-chip-owner = sahibi { $owner }
courses-chip-query = “{ $query }”
courses-none-yet = Henüz ders yok.
courses-none-yet-more = Burada ya da ders API’sinin bir istemcisiyle oluşturun.
courses-none-match = Eşleşen ders yok.
courses-none-match-more = Adında, şubesinde veya dersliğinde bütün kelimeler geçen dersler bulunur.
courses-pages = Sayfalar
courses-newer = Daha yeni
courses-older = Daha eski
courses-first-page = İlk sayfa
courses-next-page = Sonraki sayfa
courses-created-at = Oluşturma
courses-field-alias = Takma ad
courses-field-name = Ad
courses-field-section = Şube
courses-field-heading = Açıklamanın başlığı
courses-field-description = Açıklama
courses-field-room = Derslik
courses-field-owner = Sahibi
courses-field-state = Durum
courses-field-subject = Konu
courses-field-levels = Düzeyler
courses-owner-help = Bir kişinin kimliği veya e-posta adresi.
courses-hand-over-help = Dersi devretmek için öbür öğretmenlerinden birinin kimliğini veya e-posta adresini yazın.
courses-alias-help = Bütün hesap için d:, proje için p: ile başlar. Boş kalabilir.
courses-first-state = { $state ->
    [ACTIVE] Hemen kullanımda.
   *[other] Önce sahibinin kabul etmesi gerekir.
}
courses-create = Dersi oluştur
courses-created = Ders oluşturuldu.
courses-not-created = Ders oluşturulmadı.
courses-save = Kaydet
courses-saved = Ders değiştirildi.
courses-not-saved = Hiçbir şey değişmedi.
courses-nothing-differs = Fark olmadığı için hiçbir şey değişmedi.
courses-cancel = Vazgeç
courses-edit = Düzenle
courses-edit-title = Dersi düzenle
courses-stored-now = Şu an kayıtlı:
courses-stale = Bu arada değiştirildi, bu yüzden hiçbir şey yapılmadı.
courses-stale-more = Değerleriniz aşağıda, kayıtlı olanların yanında duruyor. Yine de yazmak için yeniden kaydedin.
courses-periods-stale = Form şimdi kayıtlı not dönemlerini gösteriyor.
courses-delete = Dersi sil
courses-delete-ask = Sil…
courses-delete-title = Bir dersi sil
courses-delete-more = Takma adları, kişi listesi ve not dönemleri de silinir. Bu geri alınamaz.
courses-deleted = { $id } numaralı ders silindi.
courses-no-deletion = { $state } durumundaki bir ders silinemez. Önce geri açın.
courses-way-to-deletion = Yalnızca arşivlenmiş bir ders silinebilir. { $state } durumundan sırayla şuraya taşıyın: { $way }.
courses-may-delete = Ders arşivlenmiş, bu yüzden silinebilir.
courses-moves-of = Geçişleri gösterilen rol
courses-role = { $role ->
    [operator] İşletmen
    [admin] Yönetici
    [owner] Sahibi
   *[other] Öğretmen
}
courses-machine-title = Dersin durumları
courses-machine-some = { $role ->
    [operator] Ders { $state } durumunda. İşletmen olarak şu durumlara taşıyabilirsiniz: { $open }.
    [admin] Ders { $state } durumunda. Hesabın bir yöneticisi şu durumlara taşıyabilir: { $open }.
    [owner] Ders { $state } durumunda. Sahibi şu durumlara taşıyabilir: { $open }.
   *[other] Ders { $state } durumunda. Öbür öğretmenler şu durumlara taşıyabilir: { $open }.
}
courses-machine-none = { $role ->
    [operator] Ders { $state } durumunda. İşletmen onu taşıyamaz.
    [admin] Ders { $state } durumunda. Hesabın yöneticileri onu taşıyamaz.
    [owner] Ders { $state } durumunda. Sahibi onu taşıyamaz.
   *[other] Ders { $state } durumunda. Öbür öğretmenler onu taşıyamaz.
}
courses-here = şimdi
courses-open-to = { $role ->
    [operator] İşletmene açık.
    [admin] Hesabın yöneticilerine açık.
    [owner] Sahibine açık.
   *[other] Her öğretmene açık.
}
courses-not-open = Şimdi ya da bu role açık değil.
courses-needs-role = { $role ->
    [operator] Yalnızca işletmen içindir.
    [admin] Hesabın yöneticileri ve işletmen içindir.
    [owner] Sahibi, hesabın yöneticileri ve işletmen içindir.
   *[other] Öğretmenler, hesabın yöneticileri ve işletmen içindir.
}
courses-first-to = { $from } durumundan doğrudan olmaz. Önce { $first } durumuna taşıyın.
courses-no-way = { $from } durumundan { $to } durumuna yol yok: ders zaten kabul edildi.
courses-not-before = Ders, askıya alınmadan önce { $state } durumunda değildi.
courses-accept = Kabul et
courses-accept-effect = Dersi sahibinin yerine kabul eder. Kısa süre sonra bir takvim atanır.
courses-decline = Reddet
courses-decline-effect = Geri alınabilir: yeniden sunulabilir.
courses-offer = Yeniden sun
courses-offer-effect = Sahibi onu o zaman kabul edebilir.
courses-archive = Arşivle
courses-archive-effect = O zaman yalnızca durumu değişebilir. Geri alınabilir.
courses-reactivate = Etkinleştir
courses-reactivate-effect = O zaman yeniden değiştirilebilir.
courses-suspend = Askıya al
courses-suspend-effect = O zaman onu yalnızca sahibi görür ve hiçbir istek değiştiremez.
courses-restore = Geri aç
courses-restore-back = Askıyı bitirir: ders önceden bu durumdaydı.
courses-restore-other = Askıyı, kabul gerektirmeyen bu durumda bitirir.
courses-moved = Ders artık { $state } durumunda.
courses-suspended-from = SUSPENDED, önceden { $state }
courses-details = Ayrıntılar
courses-calendar-soon = yakında atanır
courses-calendar-later = ACTIVE olunca atanır
courses-gradebook = Not defteri
courses-roster = Kişi listesi
courses-roster-empty = Liste boş. Aşağıdan bir kişi ekleyin.
courses-teachers = Öğretmenler
courses-students = Öğrenciler
courses-person = Kişi
courses-role-of-member = Rol
courses-membership = { $membership ->
    [owner] Sahibi
    [teacher] Öğretmen
   *[other] Öğrenci
}
courses-owner-first = önce devredin
courses-add-person = Kimlik veya adresle ekle
courses-add-as = Hangi listeye
courses-add = Ekle
courses-remove = Kaldır
courses-member-added = Kişi eklendi.
courses-member-removed = { $name } kaldırıldı.
courses-aliases = Takma adlar
courses-aliases-more = hesapta (d:) veya bir projede (p:) tektir
courses-aliases-empty = Dersin takma adı yok. İstemciler onu kimliğiyle anar.
courses-alias = Takma ad
courses-new-alias = Yeni takma ad
courses-seen-by = Kim görür
courses-seen-by-account = Bütün hesap
courses-seen-by-project = Proje
courses-alias-added = { $alias } takma adı eklendi.
courses-alias-removed = { $alias } takma adı kaldırıldı.
courses-periods-title = Not dönemleri
courses-periods-more = Sıralı ve ortak günleri olmadan. Boş bırakılan satırlar sayılmaz.
courses-periods-empty = Dersin not dönemi yok.
courses-periods-apply = Var olan ödevlere de uygula
courses-periods-saved = Not dönemleri değiştirildi.
courses-periods-refused = Bazı not dönemleri kullanılamıyor. Nedenleri satırlarında yazıyor.
courses-period-title = Başlık
courses-period-start = İlk gün
courses-period-end = Son gün
courses-period-current = şu anki
courses-period-problem = { $field ->
    [title] Başlık: { $problem }
    [start] İlk gün: { $problem }
    [end] Son gün: { $problem }
   *[other] Kimlik: { $problem }
}
courses-days = { $first } – { $last }
courses-required = Bu gereklidir.
courses-unusable = Bu kullanılamıyor. Sayfayı yeniden yükleyin.
courses-text-characters = Metinde saklanamayan karakterler var.
courses-text-too-long = En çok { $max } karakter.
courses-no-first-state = Bir ders { $state } olarak başlayamaz.
courses-no-date = Bu bir tarih değil.
courses-too-many-periods = 100’den fazla not dönemi var.
courses-title-twice = Daha önceki bir dönemin başlığı aynı.
courses-end-before-start = Başlamadan önce bitiyor.
courses-out-of-order = Bir önceki dönemden daha erken.
courses-overlap = Bir önceki dönemle ortak günleri var.
courses-denied = Hesap buna izin vermiyor.
courses-no-licence = Hesabın not dönemi yazma lisansı yok.
courses-no-such-person = Hesapta böyle bir kişi yok.
courses-not-archived = { $state } durumundaki bir ders silinemez. Önce arşivleyin.
courses-alias-taken = Bu takma ad başka bir dersin.
courses-no-project = p: ile başlayan takma ad bir proje ister, hesabın ise projesi yok.
courses-no-aliases-in = { $state } durumundaki bir dersin takma adları değiştirilemez.
courses-not-modifiable = { $state } durumundaki bir derste yalnızca durum değişebilir.
courses-not-suspended = Ders { $state } durumunda, askıda değil.
courses-unknown-origin = Askıdan önceki durum bilinmiyor. Dersin süreceği durumu seçin.
courses-refused = Bazı alanlar kullanılamıyor. Nedenleri yanlarında yazıyor.
courses-cannot-own = Bir dersin sahibi yalnızca bir kişi olabilir.
courses-person-inactive = Bu kişi devre dışı ya da silinmiş.
courses-name-has-url = Bir dersin adında web adresi bulunamaz.
courses-no-such-move = { $from } durumundaki bir ders { $to } olamaz.
courses-owner-already = Bu kişi zaten dersin sahibi.
courses-owner-no-teacher = Dersi yalnızca öbür öğretmenlerinden biri devralabilir. Kişiyi önce öğretmenlere ekleyin.
courses-alias-no-scope = Takma ad d: veya p: ile başlar.
courses-alias-empty = Takma adın önekten sonra bir adı olmalı.
courses-alias-too-long = Takma ad en çok 256 karakterdir.
courses-already-member = { $membership ->
    [owner] Bu kişi dersin sahibi.
    [teacher] Bu kişi zaten dersin öğretmeni.
   *[other] Bu kişi zaten dersin öğrencisi.
}
courses-not-member = Bu kişi bu listede değil.
courses-owner-stays = Dersin sahibi kaldırılamaz. Önce dersi devredin.
