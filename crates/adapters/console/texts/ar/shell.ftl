shell-now = الآن
shell-sessions = الجلسات
shell-courses = المقررات
shell-jobs = المهام
shell-people = الأشخاص
shell-keys = المفاتيح
shell-audit = التدقيق
shell-requests = الطلبات
shell-control = الوقت والأعطال
shell-control-short = الوقت والأعطال
shell-connect = الاتصال
shell-docs = توثيق الواجهات
shell-skip = انتقل إلى المحتوى
shell-account = الحساب
shell-switch = انتقال
shell-find = بحث
shell-find-label = ابحث عن معرّف أو عنوان أو اسم
shell-language = اللغة
shell-console = لوحة التحكم
shell-operator = المشغّل
shell-sign-out = تسجيل الخروج
shell-copy = نسخ
shell-viewer = يمكنك الاطلاع على كل شيء ولا يمكنك تغيير شيء.
shell-disabled = هذا الحساب معطّل: لا تُقبل أيٌّ من بيانات اعتماده.
failure-not-found = لا توجد صفحة كهذه
failure-not-found-more = العنوان لا يؤدي إلى شيء، أو أن ما كان يؤدي إليه لم يعد موجودًا.
failure-signed-out = لم تسجّل الدخول
failure-signed-out-more = انتهت جلسة دخولك. لم يتغير شيء.
failure-read-only = لم يتغير شيء
failure-read-only-more = يمكنك الاطلاع على كل شيء ولا يمكنك تغيير شيء. يستطيع المشغّل فعل ذلك.
failure-foreign = لم يتغير شيء
failure-foreign-more = النموذج من موقع آخر، أو أقدم من هذا التشغيل للخدمة. حمّل صفحته من جديد وأرسله مرة أخرى.
failure-refused = لا يمكن استخدام هذا
failure-conflict = لم يتغير شيء
failure-starting = الخدمة تبدأ الآن
failure-starting-more = حمّل الصفحة من جديد بعد ثانية.
failure-unavailable = قاعدة البيانات لا تجيب
failure-unavailable-more = لم يتغير شيء على حد العلم. حمّل الصفحة من جديد بعد بضع ثوانٍ.
failure-back = العودة إلى لوحة التحكم
failure-no-account = لا يوجد حساب بعد. أنشئ حسابًا بالأمر: derslik account create
failure-no-service = ليس للحساب هوية خدمة يمكنها العمل، لذا لا يمكن فعل هذا هنا.
failure-form-too-large = النموذج أكبر من 4 ميبي بايت.
sign-in-title = تسجيل الدخول
sign-in-name = الاسم
sign-in-password = كلمة المرور
sign-in-token = الرمز
sign-in-token-more = طبعته الخدمة عند بدايتها. يسجّل الدخول مرة واحدة.
sign-in-more = يُنشأ المدير على الخادم بالأمر: derslik admin create
sign-in-go = دخول
sign-in-wrong = الاسم أو كلمة المرور غير صحيحة.
sign-in-wrong-token = هذا ليس الرمز الذي طُبع، أو أنه استُخدم من قبل.
sign-in-too-many = محاولات خاطئة كثيرة. حاول مرة أخرى بعد { $seconds ->
    [one] { $seconds } ثانية
    [two] { $seconds } ثانيتين
    [few] { $seconds } ثوانٍ
   *[other] { $seconds } ثانية
}.
