people-person = الشخص
people-find = الاسم أو عنوان البريد أو اسم المستخدم أو الرقم
people-more-match = يطابق أشخاص أكثر من المعروضين. ابحث بالاسم الأول واسم العائلة لتصفحهم.
people-name = الاسم الأول
people-surname = اسم العائلة
people-email = عنوان البريد الإلكتروني
people-email-whole = عنوان البريد الإلكتروني كاملًا
people-username = اسم المستخدم
people-role = الدور
people-role-admin = مدير
people-role-instructor = مدرّس
people-role-user = طالب
people-role-senior = مدرّس أول
people-role-assistant = مدرّس مساعد
people-state = الحالة
people-active = نشط
people-passive = موقوف
people-deleted = محذوف
people-changed = آخر تغيير
people-created = الإنشاء
people-any = الكل
people-show = عرض
people-filters = عوامل التصفية
people-bad-filter = في عنوان هذه القائمة قيمة لا يمكن استخدامها. اختر عوامل التصفية من جديد.
people-of-account = أشخاص الحساب
people-nothing-matches = لا يوجد شخص مطابق
people-nothing-matches-more = تطابق الأسماء بأي جزء منها، أما عنوان البريد الإلكتروني فكاملًا فقط.
people-clear = أزل عوامل التصفية
people-nothing = لا يوجد أشخاص بعد
people-nothing-more = أضف أول شخص من هنا، أو عبر واجهة الجلسات، أو على الخادم بالأمر:
people-pages = الصفحات
people-previous = السابق
people-next = التالي
people-admins = مديرو النظام
people-admin = المدير
people-admin-viewer = مطّلع: يرى كل شيء
people-admin-operator = مشغّل: يغيّر كل شيء
people-admins-more = يسجّل المديرون الدخول إلى لوحة التحكم هذه ولا ينتمون إلى أي حساب. يُنشأون ويُزالون على الخادم:
people-add = إضافة شخص
people-added = أُضيف { $name }.
people-not-now = ليس الآن
people-refused = لم يتغير شيء.
people-problem-required = أدخل قيمة.
people-problem-too-long = { $max ->
    [one] أدخل حرفًا واحدًا على الأكثر.
    [two] أدخل حرفين على الأكثر.
    [few] أدخل { $max } أحرف على الأكثر.
    [many] أدخل { $max } حرفًا على الأكثر.
   *[other] أدخل { $max } حرف على الأكثر.
}
people-problem-too-short = { $min ->
    [one] أدخل حرفًا واحدًا على الأقل.
    [two] أدخل حرفين على الأقل.
    [few] أدخل { $min } أحرف على الأقل.
    [many] أدخل { $min } حرفًا على الأقل.
   *[other] أدخل { $min } حرف على الأقل.
}
people-problem-characters = في النص أحرف لا يمكن حفظها.
people-problem-email = هذا ليس عنوان بريد إلكتروني.
people-problem-invalid = لا يمكن استخدام هذه القيمة.
people-email-taken = عنوان البريد الإلكتروني هذا لشخص آخر في الحساب.
people-username-taken = اسم المستخدم هذا لشخص آخر في الحساب.
people-facts = المعلومات
people-change = تغيير
people-save = حفظ
people-unchanged = لم يختلف شيء، لذا لم يتغير شيء.
people-changed-note = غُيّرت بيانات { $name }.
people-activate = إعادة التفعيل
people-activated = يمكن لـ { $name } العمل من جديد.
people-activated-more = تبقى المفاتيح والرموز السابقة ملغاة.
people-stop = إيقاف…
people-stop-title = إيقاف { $name }؟
people-stop-text = ترفض كل العمليات هذا الشخص خلال ثانية، ولا يستطيع تسجيل الدخول.
people-stop-deed = إيقاف
people-stopped = أُوقف { $name }.
people-delete = حذف…
people-delete-title = حذف { $name }؟
people-delete-text = تُزال الأسماء والعناوين ولا تبقى إلا المعرّفات. لا يمكن التراجع عن هذا.
people-delete-deed = حذف
people-deleted-note = حُذف { $name }.
people-keep = اتركه كما هو
people-credentials = { $count ->
    [0] ليس لهذا الشخص مفتاح أو رمز يعمل.
    [one] يُلغى مفتاح أو رمز واحد لهذا الشخص نهائيًا.
    [two] يُلغى مفتاحان أو رمزان لهذا الشخص نهائيًا.
    [few] تُلغى { $count } مفاتيح ورموز لهذا الشخص نهائيًا.
    [many] يُلغى { $count } مفتاحًا ورمزًا لهذا الشخص نهائيًا.
   *[other] يُلغى { $count } مفتاح ورمز لهذا الشخص نهائيًا.
}
people-credentials-many = عدد ما يُلغى نهائيًا من مفاتيح هذا الشخص ورموزه { $count } على الأقل.
people-not-a-person = هذه خدمة وليست شخصًا.
people-password = كلمة المرور
people-password-later = من دونها لا يستطيع الشخص تسجيل الدخول حتى تُحدَّد كلمة مرور.
people-password-new = كلمة مرور جديدة
people-password-random = اتركها فارغة لكلمة عشوائية تُعرض مرة واحدة.
people-password-ends = تُلغى كل رموز الوصول لهذا الشخص، ومنها ما جاء من تسجيل الدخول.
people-password-set = تحديد كلمة المرور
people-password-done = لدى { $name } كلمة مرور جديدة.
people-token = رمز وصول جديد
people-keys = مفاتيح هذا الشخص ورموزه
people-scopes = النطاقات
people-lifetime = مدة القبول
people-days = { $count ->
    [one] يوم واحد
    [two] يومان
    [few] { $count } أيام
    [many] { $count } يومًا
   *[other] { $count } يوم
}
people-never = بلا نهاية
people-token-more = يثبت الرمز هوية هذا الشخص ويُعرض مرة واحدة. ينتمي إلى أول مشروع في الحساب.
people-token-passive = الشخص موقوف، ولا يُقبل أي رمز لشخص موقوف.
people-token-done = لدى { $name } رمز وصول جديد.
people-issue = إصدار الرمز
people-no-scope = اختر نطاقًا واحدًا على الأقل.
people-bad-token = في النموذج نطاق أو مدة أو مشروع لا يمكن استخدامه.
