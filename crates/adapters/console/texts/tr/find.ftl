find-all = Uyanların tümü
find-nothing = Hiçbir şey uymuyor.
find-nothing-asked = Bir şey aranmadı.
find-help = Sayı; iş, ders veya kişi bulur. GUID, oturum veya kişi bulur. Başka her şey adın bir parçasıdır.
