requests-live = Canlı
requests-stopped = %time% saatinden beri canlı değil. %seconds% sn sonra yeniden denenecek.
requests-reload = Sayfayı yeniden yükle
requests-clear = Temizle
requests-cleared = Hesabın günlüğü boş.
requests-of = Kimin istekleri
requests-of-account = Bu hesabın
requests-of-none = Hiçbir hesabın
requests-filters = Süzgeçler
requests-contains = Yol, başlık ya da gövdedeki metin
requests-any = Herhangi
requests-api = API
requests-method = Yöntemler
requests-path = Yol
requests-show = Göster
requests-journal = Günlük
requests-at = Zaman
requests-request = İstek
requests-answer = Yanıt
requests-took = Süre
requests-millis = { $millis } ms
requests-no-answer = yanıt yok
requests-by-a-fault = bir arıza ile
requests-none-match = Uyan istek yok.
requests-none-match-more = Günlükte son 10.000 istek ve son 1.000 isteğin gövdesi var.
requests-clear-filters = Tümünü göster
requests-none-yet = Henüz istek yok.
requests-none-yet-more = Bir istemcinin gönderdiği istek hemen burada görünür.
requests-footer = En yenisi önce. Gizli değerler maskelenir.
requests-pages = Sayfalar
requests-newer = Daha yeni
requests-older = Daha eski
requests-route = Rota
requests-id = İstek kimliği
requests-fault = Arıza
requests-bytes = { $count ->
    [one] { $count } bayt
   *[other] { $count } bayt
}
requests-no-body = Gövdesiz.
requests-body-not-kept = { $count ->
    [one] { $count } baytlık gövde saklanmadı.
   *[other] { $count } baytlık gövde saklanmadı.
}
requests-send = Kendiniz gönderin
requests-send-more = TOKEN değişkenine kimlik bilgisini verin. Diğer gizli değerler çıkarıldı.
requests-copy = Satırları kopyala
requests-fail = Buna benzeyen bir sonrakini başarısız kıl
requests-fail-how = Nasıl
requests-fail-go = Sonrakini başarısız kıl
requests-fail-unavailable = 503 yanıtı
requests-fail-failure = 500 yanıtı
requests-fail-too-many = 429 yanıtı, 1 sn sonra yeniden
requests-fail-lose-answer = yapılır, yanıt kaybolur
requests-fail-reset = bağlantı sıfırlanır
requests-fail-truncate = yanıt yarıda kesilir
requests-fail-delay = 5 sn bekleme
requests-will-fail = Sonraki “{ $request }” başarısız olacak.
requests-too-many-faults = Hiçbir şey eklenmedi: bir hesabın en çok { $count } arızası olur.
